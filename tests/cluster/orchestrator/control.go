package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// controlSocket is the socket at which the supervisor accepts commands, as a path in the box. The host reaches it
// through /proc, which also keeps the path short enough for a socket address.
const controlSocket = "/run/control.sock"

// serveControl answers the commands "start NAME", "stop NAME" and "probe dns" with one line: "ok" or an error.
func serveControl(processes *processes, addresses Addresses) error {
	if err := os.Remove(controlSocket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	listener, err := net.Listen("unix", controlSocket)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				fmt.Println("control socket:", err)
				return
			}
			go answer(connection, processes, addresses)
		}
	}()
	return nil
}

func answer(connection net.Conn, processes *processes, addresses Addresses) {
	defer connection.Close()
	command, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return
	}
	switch verb, name, _ := strings.Cut(strings.TrimSpace(command), " "); verb {
	case "start":
		err = processes.Start(name)
	case "stop":
		err = processes.Stop(name)
	case "probe":
		err = probeDNS(addresses)
	default:
		err = fmt.Errorf("unknown command %q", verb)
	}
	if err != nil {
		fmt.Fprintln(connection, err)
		return
	}
	fmt.Fprintln(connection, "ok")
}

// probeDNS checks whether the DNS server is ready. Only processes in the box can reach it.
func probeDNS(addresses Addresses) error {
	url := fmt.Sprintf("http://%s:8181/ready", addresses.Node)
	if !answersOK(&http.Client{Timeout: 2 * time.Second}, url) {
		return errors.New("not ready")
	}
	return nil
}

// controlKubelet is the verb `box kubelet NAME stop|start`.
func controlKubelet(arguments []string) error {
	if len(arguments) != 2 || (arguments[1] != "stop" && arguments[1] != "start") {
		return fmt.Errorf("%w: expected NAME and stop or start", errUsage)
	}
	box, err := openBox(arguments[0])
	if err != nil {
		return err
	}
	running, err := box.MustRun()
	if err != nil {
		return err
	}
	return running.control(arguments[1] + " kubelet")
}

// control sends one command to the box's supervisor and waits until it is done.
func (r Running) control(text string) error {
	connection, err := net.Dial("unix", fmt.Sprintf("/proc/%d/root%s", r.Pid, controlSocket))
	if err != nil {
		return err
	}
	defer connection.Close()
	if _, err := fmt.Fprintln(connection, text); err != nil {
		return err
	}
	reply, err := bufio.NewReader(connection).ReadString('\n')
	if err != nil {
		return err
	}
	if reply = strings.TrimSpace(reply); reply != "ok" {
		return errors.New(reply)
	}
	return nil
}
