// Command orchestrator starts, stops and serves "boxes": real Kubernetes clusters of one node, each
// inside its own Linux namespaces, several side by side, without Docker. People call it through the
// script tests/cluster/box, which builds it and tells it where the sources are (BOX_SOURCE).
package main

import (
	"errors"
	"fmt"
	"os"
)

// verb is one thing that box can do.
type verb struct {
	name, arguments, summary string
	run                      func(arguments []string) error
}

// verbs returns every verb a person can type, in the order of the help text.
func verbs() []verb {
	return []verb{
		{"up", "NAME", "start the box if it is not running; prints export lines for the shell", up},
		{"down", "NAME", "stop the box and remove everything that belongs to it", down},
		{"list", "", "show all boxes", list},
		{"kubeconfig", "NAME", "print the path of the administrator's kubeconfig", printPath(Box.Kubeconfig)},
		{"audit", "NAME", "print the path of the API server's audit log", printPath(Box.AuditLog)},
		{"load", "NAME IMAGE.tar...", "import image archives into the box", load},
		{"exec", "NAME -- COMMAND...", "run a command inside the box's namespaces; it ends when this process ends", become(inside)},
		{"network", "NAME -- COMMAND...", "become a command of this machine that uses the box's network", become(networked)},
		{"volume", "NAME NAMESPACE CLAIM", "print the folder with the files of a claim's volume, to look at and to damage", volumeVerb},
		{"kubelet", "NAME stop|start", "stop or start the kubelet process; containers run on", controlKubelet},
		{"dump", "NAME DIR", "write all objects, events, pod and component logs into DIR", dump},
		{"leftovers", "run COMMAND...|of RUN", "name what a command leaves behind; or what is left of a run of tests (WAX_TEST_RUN)", leftoversVerb},
		{"build", "", "build Kubernetes and kubectl into the cache", buildVerb},
		{"images", "", "build the pause and Bytewax images into the cache; prints their paths", imagesVerb},
		{"image", "OUT.tar NAME:TAG FILE=PATH... [--entrypoint PATH]", "pack files into an image made from scratch", packVerb},
		{"deps", "", "install the Debian packages that are missing, or name them", depsVerb},
	}
}

// errUsage marks a wrong command line; the help text follows its message.
var errUsage = errors.New("wrong usage")

func main() {
	if err := dispatch(os.Args[1:]); err != nil {
		var code exitCode
		if errors.As(err, &code) {
			os.Exit(int(code))
		}
		fmt.Fprintln(os.Stderr, "box:", err)
		if errors.Is(err, errUsage) {
			printHelp()
			os.Exit(2)
		}
		os.Exit(1)
	}
}

// dispatch runs the verb named by the first argument.
func dispatch(arguments []string) error {
	if len(arguments) == 0 || arguments[0] == "help" || arguments[0] == "--help" || arguments[0] == "-h" {
		printHelp()
		return nil
	}
	if arguments[0] == superviseVerb {
		return supervise(arguments[1:])
	}
	for _, verb := range verbs() {
		if verb.name == arguments[0] {
			return verb.run(arguments[1:])
		}
	}
	return fmt.Errorf("%w: unknown verb %q", errUsage, arguments[0])
}

func printHelp() {
	fmt.Fprintln(os.Stderr, "usage: box VERB ARGUMENTS")
	for _, verb := range verbs() {
		fmt.Fprintf(os.Stderr, "  %s %s\n      %s\n", verb.name, verb.arguments, verb.summary)
	}
}
