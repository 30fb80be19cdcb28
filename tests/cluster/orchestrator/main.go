// Command orchestrator starts and stops "boxes": real Kubernetes clusters of one node, each in Linux namespaces of its
// own, without Docker. Several boxes can run at the same time. Users call it by the script tests/cluster/box, which builds
// it and sets the path of the sources (BOX_SOURCE).
package main

import (
	"errors"
	"fmt"
	"os"
)

// verb is a subcommand of box.
type verb struct {
	name, arguments, summary string
	run                      func(arguments []string) error
}

// verbs returns every verb that a user can type, in the sequence of the help text.
func verbs() []verb {
	return []verb{
		{"up", "NAME", "start the box if it is not running; prints export lines for the shell", up},
		{"down", "NAME", "stop the box and remove everything that belongs to it", down},
		{"list", "", "show all boxes", list},
		{"kubeconfig", "NAME", "print the path of the administrator's kubeconfig", printPath(Box.Kubeconfig)},
		{"audit", "NAME", "print the path of the API server's audit log", printPath(Box.AuditLog)},
		{"load", "NAME IMAGE.tar...", "import image archives into the box", load},
		{"exec", "NAME -- COMMAND...", "run a command inside the box's namespaces; it ends when this process ends", become(inside)},
		{"network", "NAME -- COMMAND...", "run a command of this machine in the box's network", become(networked)},
		{"volume", "NAME NAMESPACE CLAIM", "print the folder of a PVC's volume, for tests that read or damage its files", volumeVerb},
		{"kubelet", "NAME stop|start", "stop or start the kubelet; containers keep running", controlKubelet},
		{"dump", "NAME DIR", "write all objects, events, pod and component logs to DIR", dump},
		{"leftovers", "run COMMAND...|of RUN", "run a command and list what it leaves behind, or list what is left of a run of tests (WAX_TEST_RUN)", leftoversVerb},
		{"build", "", "build Kubernetes and kubectl into the cache", buildVerb},
		{"images", "", "build the pause and Bytewax images into the cache; prints their paths", imagesVerb},
		{"image", "OUT.tar NAME:TAG FILE=PATH... [--entrypoint PATH]", "pack files into an image from scratch", packVerb},
		{"deps", "", "install missing Debian packages, or name them", depsVerb},
	}
}

// errUsage marks a wrong command line. The help text is printed after its message.
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
