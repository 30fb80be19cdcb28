package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"
)

// api is a client of a box's API server for requests without credentials.
type api struct {
	server string
	client *http.Client
}

// newAPI returns a client for the API server at an address. The certificate authority is read from a file.
func newAPI(authority, server string) (*api, error) {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s contains no certificate", authority)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &api{"https://" + server, &http.Client{Timeout: 2 * time.Second, Transport: transport}}, nil
}

// Ready reports whether the API server is ready. Before that, kubectl must not be used: it would cache the incomplete
// list of resources for minutes.
func (a *api) Ready() bool { return answersOK(a.client, a.server+"/readyz") }

func answersOK(client *http.Client, url string) bool {
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
