package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
)

// gateFd is the file descriptor at which the first process of a box inherits the gate.
const gateFd = 3

// takeSlot finds a free slot and reserves it by listening on its port. Only one process on the machine can do this, so
// boxes of other users and of other cache directories are respected.
//
// The socket is the only connection between the box and the host. It stays in the host's network namespace, although the
// box accepts connections from it. So the host needs no link, route or rule, and a client that outlives its box finds a
// closed port on loopback instead of sending packets to other machines.
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
		if groups.Exist() { // of a box whose record is lost, or of a box in another network namespace
			if err := listener.Close(); err != nil {
				return 0, nil, err
			}
			continue
		}
		file, err := listener.(*net.TCPListener).File()
		return slot, file, errors.Join(err, listener.Close())
	}
	return 0, nil, fmt.Errorf("all %d slots are in use; list the boxes with: box list", slots)
}

// inheritGate returns the gate in the first process of a box.
func inheritGate() (net.Listener, error) {
	syscall.CloseOnExec(gateFd) // the components must not inherit it
	return net.FileListener(os.NewFile(gateFd, "gate"))
}

// serveGate forwards every connection to the API server in the box's own network.
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

// pass copies data in both directions until both sides are closed. The end of one side is forwarded to the other.
func pass(outside *net.TCPConn, server string) {
	defer outside.Close()
	connection, err := net.Dial("tcp", server)
	if err != nil {
		return // the client gets a closed connection, as from a server that does not run
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

// hand copies data in one direction. Errors are not returned, because both ends of the connection see them.
func hand(to, from *net.TCPConn) {
	if _, err := io.Copy(to, from); err != nil {
		_ = to.SetLinger(0)
		_ = to.Close()
		return
	}
	_ = to.CloseWrite()
}
