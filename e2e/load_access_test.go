package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// A server with access control could not be put under load: its door wants a key and --verify the access token, and load took none.
func TestLoadOfAServerWithAccessControl(t *testing.T) {
	t.Parallel()
	s, address := gated(t, t.TempDir())
	login, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	token := login.Query().Get("token")
	key, errs := s.ask(t, "site", "key", "load", "--token", token)
	if key == "" {
		t.Fatal(errs)
	}
	for name, args := range map[string]string{
		"the server's door":     "--server " + s.HTTP,
		"batches":               "--batch 10 --server " + s.HTTP,
		"a connection a visit":  "--connection visitor --visitors 20 --server " + s.HTTP,
		"a door":                "--target " + s.HTTP + "/v1/events",
		"a key in its address":  "--target " + s.HTTP + "/v1/events?key=" + key,
		"the address of a host": "--target " + s.HTTP,
	} {
		t.Run(name, func(t *testing.T) {
			r, how := s.loadResult(t, append(strings.Fields(args), "--rate", "100/s", "--for", "1s", "--seed", "7", "--token", token, "--verify")...)
			if how.code != 0 || r.Verified == nil || !r.Verified.OK || r.Totals.Failed > 0 || r.Totals.Accepted == 0 {
				t.Errorf("exit code %d\n%s%s", how.code, how.stdout, how.stderr)
			}
			if strings.Contains(how.stdout+how.stderr, token) {
				t.Errorf("the token is shown:\n%s%s", how.stdout, how.stderr)
			}
		})
	}
	for _, c := range []struct{ args, why string }{{"", "http 401"}, {"--token wrong", "refused"}} {
		how := s.run(t, append([]string{"load", "--rate", "50/s", "--for", "1s", "--server", s.HTTP}, strings.Fields(c.args)...)...)
		if how.code != 1 || !strings.Contains(how.stdout, c.why) {
			t.Errorf("%q: exit code %d\n%s%s", c.args, how.code, how.stdout, how.stderr)
		}
	}
	s.stop(t)
}
