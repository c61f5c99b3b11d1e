package main

import "testing"

// With --target left out, load went to this machine whatever STREAMGAUGE_SERVER said.
func TestLoadGoesToTheServerOfAllCommands(t *testing.T) {
	for server, want := range map[string]string{
		"http://127.0.0.1:9": "http://127.0.0.1:9/v1/events", "https://x.example/": "https://x.example/v1/events", "https://x.example/stats": "https://x.example/stats/v1/events",
	} {
		var c LoadRunCmd
		if err := c.Server.UnmarshalText([]byte(server)); err != nil {
			t.Fatal(err)
		}
		c.fill()
		if c.Target != want {
			t.Errorf("%s: to %s, want %s", server, c.Target, want)
		}
	}
}

// The server that --verify asks was looked for beside the path that it is under.
func TestDoorIsOfItsServer(t *testing.T) {
	for target, want := range map[string]string{
		"http://h": "http://h", "http://h/v1/events": "http://h", "https://h/stats/v1/events": "https://h/stats", "https://h/elsewhere": "https://h",
	} {
		parsed, err := parseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.door().String(); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}

// The access token opens everything: it goes to a door, and neither to another kind of server nor in the place of a site's key.
func TestTokenIsForDoors(t *testing.T) {
	for target, want := range map[string]string{
		"http://h": "Bearer secret", "http://h/v1/events": "Bearer secret", "https://h/stats/v1/events": "Bearer secret",
		"http://h/elsewhere": "", "http://h/v1/events?key=k": "",
	} {
		parsed, err := parseTarget(target)
		if err != nil {
			t.Fatal(err)
		}
		if got := parsed.header(&LoadRunCmd{Remote: Remote{Token: "secret"}})["Authorization"]; got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
		if got := parsed.header(&LoadRunCmd{})["Authorization"]; got != "" {
			t.Errorf("%s without a token: %q", target, got)
		}
	}
}

// What a report tells of the target is read by others than those who know the key.
func TestReportHidesTheKeyOfItsTarget(t *testing.T) {
	for target, want := range map[string]string{
		"http://h/v1/events?key=sk_1": "http://h/v1/events?key=hidden", "http://u:p@h/v1/events": "http://u:xxxxx@h/v1/events", "http://h/v1/events": "http://h/v1/events",
		"kinesis://clicks?region=eu-west-1&endpoint=http://127.0.0.1:4567": "kinesis://clicks?region=eu-west-1&endpoint=http://127.0.0.1:4567", "stdout": "stdout", "file:key=x": "file:key=x",
	} {
		if got := shownTarget(target); got != want {
			t.Errorf("%s: %s, want %s", target, got, want)
		}
	}
}
