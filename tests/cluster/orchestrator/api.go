package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
	"time"
)

// api asks a box's API server the few things that need no credentials.
type api struct {
	server string
	client *http.Client
}

// newAPI returns the API server at an address, whose certificate the authority in this file signed.
func newAPI(authority, server string) (*api, error) {
	pem, err := os.ReadFile(authority)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", authority)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}
	return &api{"https://" + server, &http.Client{Timeout: 2 * time.Second, Transport: transport}}, nil
}

// Ready reports whether the API server serves. A kubectl that meets a half-started server would
// remember its incomplete list of resources for minutes, so nobody else may ask before.
func (a *api) Ready() bool { return answersOK(a.client, a.server+"/readyz") }

func answersOK(client *http.Client, url string) bool {
	response, err := client.Get(url)
	if err != nil {
		return false
	}
	defer response.Body.Close()
	return response.StatusCode == http.StatusOK
}
