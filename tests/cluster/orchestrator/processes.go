package main

import (
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

// restartDelay is the pause before a component that ended by itself is started again.
const restartDelay = time.Second

// processes runs the components of a box. It belongs to the first process of the PID namespace, which also inherits and
// must reap every orphan. Therefore one loop waits for all children, and no other code may wait for a child.
type processes struct {
	mutex sync.Mutex
	known map[string]*process
}

// process is one component and its running process, if any.
type process struct {
	component
	wanted bool
	pid    int           // 0 while not running
	ended  chan struct{} // closed when the process has ended
}

func newProcesses(list []component) *processes {
	known := make(map[string]*process, len(list))
	for _, component := range list {
		known[component.name] = &process{component: component}
	}
	return &processes{known: known}
}

// Reap reaps every child that ends, and restarts components that are to run. It does not return.
func (p *processes) Reap() {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGCHLD)
	for range changed {
		for {
			var status syscall.WaitStatus
			pid, err := syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
			if err == syscall.EINTR {
				continue
			}
			if err != nil || pid <= 0 {
				break
			}
			p.ended(pid, status)
		}
	}
}

// ended handles the end of a child. Inherited orphans are not in the table.
func (p *processes) ended(pid int, status syscall.WaitStatus) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, process := range p.known {
		if process.pid != pid {
			continue
		}
		process.pid = 0
		close(process.ended)
		if process.wanted {
			fmt.Printf("%s ended (exit code %d, signal %d); starting it again\n",
				process.name, status.ExitStatus(), status.Signal())
			time.AfterFunc(restartDelay, func() {
				if err := p.Start(process.name); err != nil {
					fmt.Println(err)
				}
			})
		}
	}
}

// Start starts a component unless it runs, and makes Reap restart it from now on.
func (p *processes) Start(name string) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	process, found := p.known[name]
	if !found {
		return fmt.Errorf("no component %q", name)
	}
	process.wanted = true
	if process.pid != 0 {
		return nil
	}
	log, err := os.OpenFile("/run/box/logs/"+name+".log", os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	null, err := os.Open(os.DevNull)
	if err != nil {
		return err
	}
	defer null.Close()
	program, err := lookPath(process.command[0])
	if err != nil {
		return err
	}
	// Race: os/exec is not used, because its own wait would compete with Reap for the exit status.
	process.pid, err = syscall.ForkExec(program, process.command, &syscall.ProcAttr{
		Dir:   "/",
		Env:   componentEnvironment(),
		Files: []uintptr{null.Fd(), log.Fd(), log.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return fmt.Errorf("starting %s: %w", name, err)
	}
	process.ended = make(chan struct{})
	return nil
}

// Stop ends a component with SIGTERM, and after 10 s with SIGKILL. It is not restarted.
func (p *processes) Stop(name string) error {
	p.mutex.Lock()
	process, found := p.known[name]
	if !found {
		p.mutex.Unlock()
		return fmt.Errorf("no component %q", name)
	}
	process.wanted = false
	pid, ended := process.pid, process.ended
	p.mutex.Unlock()
	if pid == 0 {
		return nil
	}
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		if err := syscall.Kill(pid, signal); err != nil {
			return err
		}
		select {
		case <-ended:
			return nil
		case <-time.After(10 * time.Second):
		}
	}
	return fmt.Errorf("%s did not end within 10 s of SIGKILL", name)
}

// boxPath is PATH inside the box: Kubernetes first, then the system's programs and network plugins.
const boxPath = "/run/box-bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// componentEnvironment returns the environment of a box's processes. It includes the run of tests that has started the
// box.
func componentEnvironment() []string {
	environment := []string{"PATH=" + boxPath, "HOME=/run"}
	if run := os.Getenv(runVariable); run != "" {
		environment = append(environment, runVariable+"="+run)
	}
	return environment
}

// lookPath finds a program on the box's PATH.
func lookPath(program string) (string, error) {
	for _, dir := range strings.Split(boxPath, ":") {
		candidate := dir + "/" + program
		if info, err := os.Stat(candidate); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
			return candidate, nil
		}
	}
	return "", fmt.Errorf("no program %q in the box", program)
}
