package e2e

import (
	"bytes"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// gated starts a server with access control, and returns what it printed on standard output.
func gated(t *testing.T, data string) (*server, string) {
	t.Helper()
	cmd := upCommand(t, "--access", "--data", data)
	stdout, err := os.Create(filepath.Join(t.TempDir(), "stdout")) // a file has what was written at once, a pipe does not
	if err != nil {
		t.Fatal(err)
	}
	defer stdout.Close()
	cmd.Stdout = stdout
	s := launch(t, cmd)
	s.awaitReady(t)
	printed, err := os.ReadFile(stdout.Name())
	if err != nil {
		t.Fatal(err)
	}
	return s, strings.TrimSpace(string(printed))
}

// ask runs the command line against the server.
func (s *server) ask(t *testing.T, args ...string) (stdout, stderr string) {
	t.Helper()
	cmd := exec.Command(buildBinary(t), append(args, "--server", s.HTTP)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // what it says is looked at
	return strings.TrimSpace(out.String()), errs.String()
}

func status(t *testing.T, c *http.Client, target string) int {
	t.Helper()
	resp, err := c.Get(target)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// TestAccess is a server that others can reach: the address that is printed once logs a browser in, a rotation logs it out, and events need their
// site's key.
func TestAccess(t *testing.T) {
	t.Parallel()
	data := t.TempDir()
	s, address := gated(t, data)
	login, err := url.Parse(address)
	if err != nil || "http://"+login.Host != s.HTTP {
		t.Fatalf("printed %q for %s", address, s.HTTP)
	}
	if info, err := os.Stat(filepath.Join(data, "access.json")); err != nil || info.Mode() != 0o600 {
		t.Errorf("access.json: %v, %v", info, err)
	}
	token := login.Query().Get("token")
	if strings.Contains(s.log.all(), token) {
		t.Error("the token is in the log")
	}

	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	stranger, browser := &http.Client{}, &http.Client{Jar: jar}
	for _, path := range []string{"/", "/api/v1/sites", "/metrics"} {
		if got := status(t, stranger, s.HTTP+path); got != http.StatusUnauthorized {
			t.Errorf("%s for a stranger: %d", path, got)
		}
	}
	if got := status(t, browser, address); got != http.StatusOK {
		t.Errorf("log in: %d", got)
	}
	if got := status(t, browser, s.HTTP+"/api/v1/sites"); got != http.StatusOK {
		t.Errorf("logged in: %d", got)
	}

	const event = `{"site":"shop","name":"pageview","id":"1","visitor":"ann"}`
	if a := s.do(t, request{path: "/v1/events", body: []byte(event)}); a.status != http.StatusUnauthorized {
		t.Errorf("an event without a key: %d %s", a.status, a.body)
	}
	key, errs := s.ask(t, "site", "key", "shop", "--token", token)
	if a := s.do(t, request{path: "/v1/events?key=" + key, body: []byte(event)}); a.status != http.StatusAccepted || !bytes.Contains(a.body, []byte(`"accepted":1`)) {
		t.Errorf("an event with the key %q (%s): %d %s", key, errs, a.status, a.body)
	}
	if out, errs := s.ask(t, "site", "list"); out != "" || !strings.Contains(errs, "401") {
		t.Errorf("the command line without a token: %q, %q", out, errs)
	}

	tile, errs := s.ask(t, "tile", "key", "--site", "shop", "--token", token)
	if got := status(t, http.DefaultClient, strings.Replace(tile, "/_/tile/shop?", "/api/v1/tile?site=shop&", 1)); got != http.StatusOK {
		t.Errorf("the tile %q (%s): %d", tile, errs, got)
	}
	if out, errs := s.ask(t, "tile", "end", "--site", "shop", tile, "--token", token); out != "ended: the key of visitors, 28d" {
		t.Errorf("%q, %q", out, errs)
	}
	if got := status(t, http.DefaultClient, strings.Replace(tile, "/_/tile/shop?", "/api/v1/tile?site=shop&", 1)); got != http.StatusUnauthorized {
		t.Errorf("the tile whose key is ended: %d", got)
	}
	if out, errs := s.ask(t, "tile", "ended", "--site", "shop", "--token", token); !strings.Contains(out, "28d") {
		t.Errorf("%q, %q", out, errs)
	}

	fresh, errs := s.ask(t, "token", "rotate", "--token", token)
	if fresh == "" || fresh == token {
		t.Errorf("rotated to %q: %s", fresh, errs)
	}
	if got := status(t, browser, s.HTTP+"/"); got != http.StatusUnauthorized {
		t.Errorf("the browser after the rotation: %d", got)
	}
	if out, errs := s.ask(t, "token", "rotate", "--ingest", "--token", fresh); !strings.Contains(out, "new signing key") {
		t.Errorf("%q, %q", out, errs)
	}
	s.stop(t)

	s, address = gated(t, data)
	if address != "" {
		t.Errorf("the token was printed again: %q", address)
	}
	if out, errs := s.ask(t, "site", "list", "--token", fresh); !strings.Contains(out, "shop") {
		t.Errorf("after a restart: %q, %q", out, errs)
	}
	if a := s.do(t, request{path: "/v1/events?key=" + key, body: []byte(event)}); a.status != http.StatusAccepted {
		t.Errorf("the key from before the rotation: %d %s", a.status, a.body)
	}
	s.stop(t)
}
