package main

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
)

func TestTakenSlotsAreDistinct(t *testing.T) {
	first, one, err := takeSlot()
	if err != nil {
		t.Fatal(err)
	}
	defer one.Close()
	second, two, err := takeSlot()
	if err != nil {
		t.Fatal(err)
	}
	defer two.Close()
	if first == second {
		t.Errorf("slot %d is given twice", first)
	}
	if _, err := net.Listen("tcp", addressesOf(first).Gate); !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("the slot is not held: %v", err)
	}
}

// TestGateForwardsEndOfInput sends more than fits into any buffer and an end of input, and wants all of it
// back before the other side's end.
func TestGateForwardsEndOfInput(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		connection, err := server.Accept()
		if err != nil {
			return
		}
		defer connection.Close()
		text, err := io.ReadAll(connection)
		if err == nil {
			_, _ = connection.Write([]byte(strings.ToUpper(string(text))))
		}
	}()
	gate, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer gate.Close()
	go serveGate(gate, server.Addr().String())

	client, err := net.Dial("tcp", gate.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	sent := strings.Repeat("a", 10<<20)
	if _, err := io.WriteString(client, sent); err != nil {
		t.Fatal(err)
	}
	if err := client.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(client)
	if err != nil || string(got) != strings.ToUpper(sent) {
		t.Errorf("got %d bytes of %d, %v", len(got), len(sent), err)
	}
}
