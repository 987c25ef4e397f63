"""What tools/trace is made of; docs/pictures.md is its page.

    ftrace.py   text of the trace -> events          states.py   names, colours and causes of a task's states
    model.py    events -> what each task, CPU and lock did and when; everything below draws from it
    check.py    does the text keep the grammar, do the events fit together?
    convert.py  text for Perfetto and traceshark, JSON for Chrome
    tables.py   shares, latency, timehist            gantt.py    the terminal
    page.py     timeline as HTML (web/)              svg.py      timeline as plain SVG
    locks.py    who waited for which lock            lockstat.py the same of /proc/lock_stat
    fold.py     samples -> folded stacks             flame.py    folded stacks -> flame graph
    ring.py     the kernel's memory -> text          shapes.py   SVG as text
"""
