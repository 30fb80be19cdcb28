package main

import (
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"       // directive bind
	_ "github.com/coredns/coredns/plugin/cache"      // directive cache
	_ "github.com/coredns/coredns/plugin/errors"     // directive errors
	_ "github.com/coredns/coredns/plugin/health"     // directive health
	_ "github.com/coredns/coredns/plugin/kubernetes" // directive kubernetes
	_ "github.com/coredns/coredns/plugin/ready"      // directive ready
	_ "github.com/coredns/coredns/plugin/template"   // directive template
)

// runCoreDNS runs CoreDNS with the seven plugins that a cluster needs. The full list of plugins would
// pull the software kits of every cloud into the build.
func runCoreDNS() int {
	coremain.Run()
	return 0
}
