// Go's runtime, which brings its own threads: channels, the garbage collector, preemption by signals, nil dereferences, children, timers.
package main

import (
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func pipeline() {
	numbers, squares := make(chan int), make(chan int, 10)
	var wg sync.WaitGroup
	go func() {
		for i := 1; i <= 1000; i++ {
			numbers <- i
		}
		close(numbers)
	}()
	for w := 0; w < 8; w++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for n := range numbers {
				squares <- n * n
			}
		}()
	}
	go func() { wg.Wait(); close(squares) }()
	sum := 0
	for s := range squares {
		sum += s
	}
	fmt.Println("squares", sum)
}

type node struct{ left, right *node }

func tree(depth int) *node {
	if depth == 0 {
		return &node{}
	}
	return &node{tree(depth - 1), tree(depth - 1)}
}

func (n *node) count() int {
	if n.left == nil {
		return 1
	}
	return 1 + n.left.count() + n.right.count()
}

func collect() {
	var total int64
	var wg sync.WaitGroup
	for g := 0; g < 4; g++ {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := 0; i < 20; i++ {
				atomic.AddInt64(&total, int64(tree(10).count()))
			}
		}()
	}
	wg.Wait()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("nodes", total, "collected", stats.NumGC > 0)
}

// A loop without calls: only a signal can take the CPU from it.
func preempted() {
	old := runtime.GOMAXPROCS(1)
	var stop int32
	go func() {
		time.Sleep(time.Millisecond)
		atomic.StoreInt32(&stop, 1)
	}()
	for n := 0; atomic.LoadInt32(&stop) == 0; n++ {
	}
	runtime.GOMAXPROCS(old)
	fmt.Println("preempted")
}

func signals() {
	ch := make(chan os.Signal, 4)
	signal.Notify(ch, syscall.SIGUSR1, syscall.SIGCHLD)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println("got", <-ch)
	signal.Stop(ch)
	defer func() { fmt.Println("recovered:", recover()) }()
	var nothing *node
	fmt.Println(nothing.left)
}

func main() {
	pipeline()
	collect()
	preempted()
	signals()
	if len(os.Args) > 1 {
		out, err := exec.Command(os.Args[1], os.Args[2:]...).CombinedOutput()
		fmt.Printf("%q %v\n", out, err)
	}
	var many sync.WaitGroup
	var mu sync.Mutex
	var seen []int
	for i := 0; i < 10000; i++ {
		many.Add(1)
		go func(i int) {
			defer many.Done()
			runtime.Gosched()
			mu.Lock()
			seen = append(seen, i)
			mu.Unlock()
		}(i)
	}
	many.Wait()
	sort.Ints(seen)
	fmt.Println("goroutines", len(seen), seen[9999])
	select {
	case <-time.After(2 * time.Millisecond):
		fmt.Println("timer")
	}
	dir, _ := os.MkdirTemp("", "go")
	os.WriteFile(dir+"/f", []byte(strings.Repeat("line\n", 3)), 0o600)
	text, err := os.ReadFile(dir + "/f")
	fmt.Println(len(text), err)
	os.RemoveAll(dir)
	os.Exit(6)
}
