// Package volumes provisions volumes for the PVCs of a box. Each volume is a file system in memory with exactly the size
// that its PVC requests, so that it can be full and can grow, without a partition, a loop device or a file on the host. It
// ends at the latest with the box.
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
	// provisionerName is the name of this component in StorageClasses.
	provisionerName = "box/memory"
	// resync is the interval at which every PVC and volume is handled again. It is also the longest pause between two
	// attempts after a failure.
	resync = 10 * time.Second
)

// Run is the main function of the component. It runs until it is killed, or returns an exit code.
func Run() int {
	flags := flag.NewFlagSet("volumes", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "path of the kubeconfig")
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
	// Many tests create PVCs at once. The client's default limit of 5 requests per second would delay them.
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
		controller.AddFinalizer(true), // a PersistentVolume is deleted only after its files
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
