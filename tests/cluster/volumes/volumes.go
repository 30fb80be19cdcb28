// Package volumes gives the claims of a box their volumes. Each volume is a file system in memory of
// exactly the size that its claim asks for, so that a disk can be full and can grow, without a
// partition, a loop device or a file on the host. It ends with the box at the latest.
package volumes

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

const (
	// provisionerName is how StorageClasses name this component.
	provisionerName = "box/memory"
	// resync is how often every claim and volume is looked at again; it is also the longest pause
	// between two tries of what has failed.
	resync = 10 * time.Second
)

// Run is the component's main. It serves until it is killed, or returns an exit code.
func Run() int {
	flags := flag.NewFlagSet("volumes", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "way to the API server")
	place := place{}
	flags.StringVar(&place.node, "node", "", "name of the node that the volumes belong to")
	flags.StringVar(&place.root, "root", "", "directory for one mount point per volume")
	_ = flags.Parse(os.Args[1:]) // ends the program itself when it fails
	if err := serve(context.Background(), *kubeconfig, place); err != nil {
		fmt.Fprintln(os.Stderr, "volumes:", err)
		return 1
	}
	return 0
}

func serve(ctx context.Context, kubeconfig string, place place) error {
	if err := os.MkdirAll(place.root, 0o755); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// Many tests make claims at once; the client's own limit of 5 requests a second would queue them.
	config.QPS, config.Burst = 100, 200
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, resync)
	claims, volumes := factory.Core().V1().PersistentVolumeClaims(), factory.Core().V1().PersistentVolumes()
	provision := controller.NewProvisionController(ctx, client, provisionerName, provisioner{place},
		controller.ClaimsInformer(claims.Informer()),
		controller.VolumesInformer(volumes.Informer()),
		controller.ResyncPeriod(resync),
		controller.RateLimiter(workqueue.NewTypedItemExponentialFailureRateLimiter[string](100*time.Millisecond, resync)),
		controller.AddFinalizer(true), // a deleted PersistentVolume goes no sooner than its files
		controller.LeaderElection(false),
	)
	grower := grower{place, client, volumes.Lister()}
	if _, err := claims.Informer().AddEventHandler(grower.handler(ctx)); err != nil {
		return err
	}
	factory.Start(ctx.Done())
	provision.Run(ctx)
	return errors.New("the provisioner has ended")
}
