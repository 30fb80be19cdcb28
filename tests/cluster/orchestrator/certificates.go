package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// validity is how long each certificate is valid. A box runs for hours.
const validity = 90 * 24 * time.Hour

// authority signs every certificate of one box.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

// identity is a certificate with its key, both as PEM.
type identity struct{ certificate, key []byte }

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "box"},
		NotBefore:             time.Now().Add(-time.Hour),
		NotAfter:              time.Now().Add(validity),
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key, encode("CERTIFICATE", der)}, nil
}

// issue makes a certificate for a user and groups. With names it is a server certificate for these names and IP
// addresses.
func (a *authority) issue(user string, groups, names []string) (identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return identity{}, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return identity{}, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: user, Organization: groups},
		NotBefore:    a.certificate.NotBefore,
		NotAfter:     a.certificate.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, name := range names {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return identity{}, err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return identity{}, err
	}
	return identity{encode("CERTIFICATE", der), encode("PRIVATE KEY", private)}, nil
}

// serviceAccountKeys makes the key pair that signs and verifies service account tokens.
func serviceAccountKeys() (public, private []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	publicDER, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return nil, nil, err
	}
	privateDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return encode("PUBLIC KEY", publicDER), encode("EC PRIVATE KEY", privateDER), nil
}

func encode(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// writeCredentials creates new keys, certificates and kubeconfigs for the box.
func writeCredentials(box Box, addresses Addresses) error {
	ca, err := newAuthority()
	if err != nil {
		return err
	}
	public, private, err := serviceAccountKeys()
	if err != nil {
		return err
	}
	files := map[string][]byte{"pki/ca.crt": ca.pem, "pki/sa.pub": public, "pki/sa.key": private}
	for _, pair := range keyPairs(box, addresses) {
		issued, err := ca.issue(pair.user, pair.groups, pair.names)
		if err != nil {
			return err
		}
		files["pki/"+pair.file+".crt"], files["pki/"+pair.file+".key"] = issued.certificate, issued.key
	}
	for _, client := range clients(box, addresses) {
		issued, err := ca.issue(client.user, client.groups, nil)
		if err != nil {
			return err
		}
		if files[client.file], err = renderKubeconfig(box.Name, "https://"+client.server, ca.pem, issued); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(box.Dir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// keyPair is a certificate that a component reads from a file. With names it is a server certificate.
type keyPair struct {
	file, user    string
	groups, names []string
}

func keyPairs(box Box, addresses Addresses) []keyPair {
	apiNames := []string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local",
		"localhost", "127.0.0.1", addresses.Node.String(), addresses.APIService().String(),
	}
	return []keyPair{
		{"apiserver", "kube-apiserver", nil, apiNames},
		{"kubelet", "system:node:" + box.Name, []string{"system:nodes"}, []string{box.Name, addresses.Node.String()}},
		{"kubelet-client", "kube-apiserver-kubelet-client", []string{"system:masters"}, nil},
	}
}

// client is a user of the API server with a kubeconfig.
type client struct {
	file, server, user string
	groups             []string
}

func clients(box Box, addresses Addresses) []client {
	inside := addresses.APIServer()
	return []client{
		{"kubeconfig", addresses.Gate, "admin", []string{"system:masters"}},
		{"etc/admin.kubeconfig", inside, "admin", []string{"system:masters"}},
		{"etc/controller-manager.kubeconfig", inside, "system:kube-controller-manager", nil},
		{"etc/scheduler.kubeconfig", inside, "system:kube-scheduler", nil},
		{"etc/kubelet.kubeconfig", inside, "system:node:" + box.Name, []string{"system:nodes"}},
		{"etc/proxy.kubeconfig", inside, "system:kube-proxy", nil},
		{"etc/coredns.kubeconfig", inside, "system:coredns", nil},
		{"etc/volumes.kubeconfig", inside, "system:box-volumes", nil},
	}
}
