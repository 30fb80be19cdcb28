package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// gateFd is the number under which the first process of a box inherits the gate.
const gateFd = 3

// takeSlot finds a free slot and takes it by listening on its port, which only one process on the
// machine can do: boxes of other users and other cache directories are counted in.
//
// The socket is the box's only tie to the host. It stays in the host's network namespace although
// the box accepts from it, so no link, route or rule is needed outside, and a client that outlives
// its box meets a closed port of the loopback instead of sending packets into the world.
func takeSlot() (int, *os.File, error) {
	for slot := range slots {
		listener, err := net.Listen("tcp", addressesOf(slot).Gate)
		if errors.Is(err, syscall.EADDRINUSE) {
			continue
		}
		if err != nil {
			return 0, nil, err
		}
		groups, err := cgroupsOf(addressesOf(slot))
		if err != nil {
			return 0, nil, errors.Join(err, listener.Close())
		}
		if groups.Exist() { // left of a box whose record is lost, or of one in another network namespace
			if err := listener.Close(); err != nil {
				return 0, nil, err
			}
			continue
		}
		file, err := listener.(*net.TCPListener).File()
		return slot, file, errors.Join(err, listener.Close())
	}
	return 0, nil, fmt.Errorf("all %d slots are taken; see: box list", slots)
}

// inheritGate returns the gate as the first process of a box finds it.
func inheritGate() (net.Listener, error) {
	syscall.CloseOnExec(gateFd) // the components shall not have it
	return net.FileListener(os.NewFile(gateFd, "gate"))
}

// serveGate passes every connection on to the API server, whose socket is the box's own.
func serveGate(gate net.Listener, server string) {
	for {
		outside, err := gate.Accept()
		if err != nil {
			fmt.Println("gate:", err)
			return
		}
		go pass(outside.(*net.TCPConn), server)
	}
}

// pass copies both ways until both sides have said all; an end is handed on as an end.
func pass(outside *net.TCPConn, server string) {
	defer outside.Close()
	connection, err := net.Dial("tcp", server)
	if err != nil {
		return // the client sees a closed connection, as from a server that is not up
	}
	defer connection.Close()
	inside := connection.(*net.TCPConn)
	done := make(chan struct{})
	go func() {
		defer close(done)
		hand(inside, outside)
	}()
	hand(outside, inside)
	<-done
}

// hand copies one way. Its errors are those of the connection, which both ends see themselves.
func hand(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = to.Close()
		return
	}
	_ = to.CloseWrite()
}
