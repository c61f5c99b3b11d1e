package stream

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"path"
	"time"

	"github.com/streamgauge/streamgauge/stream/disk"
)

// The files of a certificate that was made here. The first is what clients are given to trust.
const (
	certificateFile = "tls.crt"
	keyFile         = "tls.key"
)

// How long a made certificate is good, and how long before its end another is made.
const (
	certificateLife  = 825 * 24 * time.Hour // some clients trust none that lives longer
	certificateRenew = 30 * 24 * time.Hour
)

// SelfSigned returns the certificate in a folder for TLS on this machine, and makes it if there is none, if it ends within
// 30 days, or if it is not for all these hosts: names and IP addresses. Clients are told to trust the file tls.crt, which
// is its own authority. The folder must exist.
func SelfSigned(fsys disk.FS, dir string, now time.Time, hosts ...string) (tls.Certificate, error) {
	if len(hosts) == 0 {
		return tls.Certificate{}, errors.New("make certificate: no host is named")
	}
	certName, keyName := path.Join(dir, certificateFile), path.Join(dir, keyFile)
	certPEM, err := readIfThere(fsys, certName)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read certificate: %w", err)
	}
	keyPEM, err := readIfThere(fsys, keyName)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("read key of certificate: %w", err)
	}
	if pair, err := tls.X509KeyPair(certPEM, keyPEM); err == nil && serves(pair.Leaf, now, hosts) {
		return pair, nil
	}
	if certPEM, keyPEM, err = makeCertificate(now, hosts); err != nil {
		return tls.Certificate{}, fmt.Errorf("make certificate: %w", err)
	}
	// A crash between the two leaves a pair that does not match, of which the next start makes another.
	if err := disk.WriteFile(fsys, keyName, keyPEM); err != nil {
		return tls.Certificate{}, fmt.Errorf("write key of certificate: %w", err)
	}
	if err := disk.WriteFile(fsys, certName, certPEM); err != nil {
		return tls.Certificate{}, fmt.Errorf("write certificate: %w", err)
	}
	return tls.X509KeyPair(certPEM, keyPEM)
}

func readIfThere(fsys disk.FS, name string) ([]byte, error) {
	data, err := disk.ReadFile(fsys, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// serves reports whether a certificate will do for some time.
func serves(c *x509.Certificate, now time.Time, hosts []string) bool {
	if now.Before(c.NotBefore) || now.Add(certificateRenew).After(c.NotAfter) {
		return false
	}
	for _, host := range hosts {
		if c.VerifyHostname(host) != nil {
			return false
		}
	}
	return true
}

func makeCertificate(now time.Time, hosts []string) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 127))
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Streamgauge on this machine"},
		NotBefore:    now.Add(-time.Hour), // for clients whose clock is behind
		NotAfter:     now.Add(certificateLife),
		// It signs itself, and clients take it for the authority that they are told to trust.
		IsCA: true, BasicConstraintsValid: true, MaxPathLenZero: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	block := func(kind string, der []byte) []byte { return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}) }
	return block("CERTIFICATE", der), block("PRIVATE KEY", keyDER), nil
}
