package geo

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
	"go.uber.org/goleak"

	"github.com/streamgauge/streamgauge/apigw"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func names(english string) mmdbtype.Map {
	return mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String(english), "de": mmdbtype.String("anders")}}
}

func code(iso string) mmdbtype.Map { return mmdbtype.Map{"iso_code": mmdbtype.String(iso)} }

// networks is a small database of cities, as GeoLite2 has them.
func networks(city string) map[string]mmdbtype.DataType {
	return map[string]mmdbtype.DataType{
		"198.51.100.0/24":  mmdbtype.Map{"country": code("AT"), "subdivisions": mmdbtype.Slice{code("9"), code("900")}, "city": names(city)},
		"203.0.113.0/25":   mmdbtype.Map{"country": code("DE")},
		"203.0.113.128/25": mmdbtype.Map{"registered_country": code("SE")},
		"2600::/16":        mmdbtype.Map{"country": code("US"), "subdivisions": mmdbtype.Slice{code("CA")}},
		"192.88.99.0/24":   mmdbtype.Map{"country": code("FR"), "city": names(strings.Repeat("x", 101))},
		"100.0.0.0/8":      mmdbtype.Map{"traits": mmdbtype.Map{"is_satellite_provider": mmdbtype.Bool(true)}},
	}
}

func write(t testing.TB, path string, records map[string]mmdbtype.DataType) {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: "Test-City", IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	for network, record := range records {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Insert(n, record); err != nil {
			t.Fatal(err)
		}
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, records map[string]mmdbtype.DataType) (*Database, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "places.mmdb")
	write(t, path, records)
	d, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return d, path
}

func TestOf(t *testing.T) {
	d, _ := open(t, networks("Vienna"))
	for address, want := range map[string]apigw.Place{
		"198.51.100.7":  {Country: "AT", Region: "AT-9", City: "Vienna"},
		"203.0.113.1":   {Country: "DE"},
		"203.0.113.200": {Country: "SE"},
		"2600::1":       {Country: "US", Region: "US-CA"},
		"192.88.99.1":   {Country: "FR"},
		"100.1.1.1":     {},
		"127.0.0.1":     {},
		"::1":           {},
	} {
		if got := d.Of(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s: %+v, want %+v", address, got, want)
		}
	}
	if got := d.Of(netip.Addr{}); got != (apigw.Place{}) {
		t.Errorf("no address is at %+v", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	text, owners := filepath.Join(dir, "text"), filepath.Join(dir, "owners.mmdb")
	if err := os.WriteFile(text, []byte("no database"), 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, owners, map[string]mmdbtype.DataType{"198.51.100.0/24": mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500)}})
	for path, want := range map[string]string{filepath.Join(dir, "none"): "no such file", text: "no database in MaxMind's format", owners: "no countries"} {
		if _, err := Open(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if _, err := Open(owners); !errors.Is(err, ErrNoPlaces) {
		t.Errorf("a database of owners: %v", err)
	}
}

// A new file is used when it is whole; a broken one is told of once, and the one before stays in use.
func TestRunReadsANewFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, path := open(t, networks("Vienna"))
		var failures []error
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx, func(err error) { failures = append(failures, err) }) }()
		city := func() string {
			time.Sleep(2*lookEvery + time.Second)
			synctest.Wait()
			return d.Of(netip.MustParseAddr("198.51.100.7")).City
		}
		if got := city(); got != "Vienna" {
			t.Errorf("nothing has changed, yet it is %q", got)
		}
		write(t, path, networks("Wien am Strom"))
		if got := city(); got != "Wien am Strom" || len(failures) > 0 {
			t.Errorf("after a change it is %q, %v", got, failures)
		}
		if err := os.WriteFile(path, []byte("half a datab"), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := city(); got != "Wien am Strom" || len(failures) != 1 {
			t.Errorf("with a broken file it is %q, told of %v", got, failures)
		}
		write(t, path, networks("Vindobona"))
		if got := city(); got != "Vindobona" || len(failures) != 1 {
			t.Errorf("mended it is %q, told of %v", got, failures)
		}
		stop()
		<-done
	})
}

// Whatever the bytes of a file are, opening it and asking it does not panic.
func FuzzOpen(f *testing.F) {
	dir := f.TempDir()
	f.Add([]byte("\xab\xcd\xefMaxMind.com"), uint32(1))
	f.Fuzz(func(t *testing.T, data []byte, address uint32) {
		path := filepath.Join(dir, "fuzz.mmdb")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		if d, err := Open(path); err == nil {
			d.Of(netip.AddrFrom4([4]byte{byte(address >> 24), byte(address >> 16), byte(address >> 8), byte(address)}))
		}
	})
}

func BenchmarkOf(b *testing.B) {
	path := filepath.Join(b.TempDir(), "places.mmdb")
	write(b, path, networks("Vienna"))
	d, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	address := netip.MustParseAddr("198.51.100.7")
	b.ReportAllocs()
	for b.Loop() {
		d.Of(address)
	}
}
