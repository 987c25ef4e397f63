"""The GDB commands, by subject. base.py has what all of them use."""
