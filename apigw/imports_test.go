package apigw

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/consumer"
	"github.com/streamgauge/streamgauge/event"
)

// newImportRig is a server that imports, with the site shop.
func newImportRig(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, parts{options: func(o *Options) {
		o.Imports = aggregate.NewImports(o.Store, o.Sites, aggregate.NewRoller(o.Store, o.Sites, o.Now), o.Now)
		im := consumer.NewImporter(o.Imports, aggregate.NewCommitter(o.Store, o.Sites, aggregate.Options{Now: o.Now}), o.Now)
		o.AddImported = func(ctx context.Context, site, id string, file int, first int64, lines []byte) (any, error) {
			return im.Add(ctx, site, id, consumer.Lines{File: file, First: first, Data: lines})
		}
	}})
	r.ask(http.MethodPost, "/api/v1/sites", `{"id":"shop"}`, asJSON)
	return r
}

var importBody = `{"files":[{"name":"old.ndjson","sha256":"` + strings.Repeat("0f", 32) + `"}],"format":"ndjson"}`

// TestImport is the way of an import over HTTP.
func TestImport(t *testing.T) {
	r := newImportRig(t)
	begun := r.ask(http.MethodPost, "/api/v1/imports?site=shop", importBody, asJSON)
	imp := decode[importView](t, begun)
	if begun.status != http.StatusCreated || imp.State != "filling" || imp.ID == "" || imp.Files[0].Name != "old.ndjson" {
		t.Fatalf("begun: %d %s", begun.status, begun.body)
	}
	path := "/api/v1/imports/" + imp.ID
	lines := `{"name":"pageview","url":"/old","ts":1500000000000}` + "\n\n" + `{"name":"pageview"}` + "\n" + `{"name":"pageview","ts":1600000000000,"ua":"curl/8.0"}`
	for i, want := range []consumer.Imported{{Counted: 1, Bot: 1}, {Before: 2}} {
		got := r.ask(http.MethodPost, path+"/events?site=shop&line=10", lines)
		said := decode[consumer.Imported](t, got)
		if len(said.Bad) != 1 || said.Bad[0].Line != 12 || !strings.Contains(said.Bad[0].Reason, "ts") {
			t.Errorf("%d: bad lines: %d %s", i, got.status, got.body)
		}
		if said.Bad = nil; said.Counted != want.Counted || said.Bot != want.Bot || said.Before != want.Before {
			t.Errorf("%d: %d %s", i, got.status, got.body)
		}
	}
	if got := r.ask(http.MethodPost, "/api/v1/imports?site=shop", importBody, asJSON); got.status != http.StatusOK || decode[importView](t, got).ID != imp.ID {
		t.Errorf("begun again: %d %s", got.status, got.body)
	}
	r.wantPageviews(0)
	r.wantImports("")
	if got := r.ask(http.MethodPost, path+"/finish?site=shop", `{"bad":1}`, asJSON); got.status != http.StatusOK || decode[importView](t, got).State != "done" {
		t.Errorf("finished: %d %s", got.status, got.body)
	}
	r.wantPageviews(1)
	r.wantImports(`"imports":1`)
	r.ask(http.MethodPost, path+"/events?site=shop", lines).wantError(t, http.StatusConflict, "imported")
	list := decode[struct{ Imports []importView }](t, r.ask(http.MethodGet, "/api/v1/imports?site=shop", ""))
	if len(list.Imports) != 1 || list.Imports[0].ImportSum != (aggregate.ImportSum{Counted: 1, Bot: 1, Bad: 1}) {
		t.Errorf("listed: %+v", list)
	}
	if got := r.ask(http.MethodGet, "/api/v1/ledger", ""); !strings.Contains(got.body, `"imported":{"imports":1,"counted":1}`) {
		t.Errorf("ledger: %s", got.body)
	}
	if got := r.ask(http.MethodDelete, path+"?site=shop", ""); got.status != http.StatusNoContent {
		t.Errorf("removed: %d %s", got.status, got.body)
	}
	r.wantPageviews(0)
	r.wantImports("")
	r.ask(http.MethodDelete, path+"?site=shop", "").wantError(t, http.StatusNotFound, "unknown_import")
}

// wantImports looks at what the list of sites says of imports: a page that did not know of them showed a site of nothing else as one to which nothing was sent.
func (r *rig) wantImports(want string) {
	r.t.Helper()
	if got := r.ask(http.MethodGet, "/api/v1/sites", ""); !strings.Contains(got.body, want) || want == "" && strings.Contains(got.body, `"imports"`) {
		r.t.Errorf("sites: %s, want %q", got.body, want)
	}
}

func (r *rig) wantPageviews(n int) {
	r.t.Helper()
	got := r.ask(http.MethodPost, "/api/v2/query", `{"site_id":"shop","metrics":["pageviews"],"date_range":["2017-01-01","2020-12-31"]}`, asJSON)
	if want := `"metrics":[` + string(rune('0'+n)) + `]`; !strings.Contains(got.body, want) {
		r.t.Errorf("%s, want %s", got.body, want)
	}
}

func TestBadImportRequests(t *testing.T) {
	r := newImportRig(t)
	imp := decode[importView](t, r.ask(http.MethodPost, "/api/v1/imports?site=shop", importBody, asJSON))
	path := "/api/v1/imports/" + imp.ID
	other := strings.ReplaceAll(importBody, "0f", "1f")
	for _, c := range []struct {
		method, path, body string
		status             int
		code, names        string
	}{
		{"POST", "/api/v1/imports", importBody, 400, "required", "?site="},
		{"POST", "/api/v1/imports?site=nobody", importBody, 404, "unknown_site", "nobody"},
		{"POST", "/api/v1/imports?site=shop", `{"files":[]}`, 400, "bad_import", "1 to 1000"},
		{"POST", "/api/v1/imports?site=shop", `{"files":[{"sha256":"00"}]}`, 400, "bad_import", "64 hexadecimal"},
		{"POST", "/api/v1/imports?site=shop", `{"format":"clf"}`, 400, "bad_import", "combined"},
		{"POST", "/api/v1/imports?site=shop", `{"file":1}`, 400, "malformed", "files (with name, sha256), format"},
		{"POST", "/api/v1/imports?site=shop", other, 409, "importing", imp.ID},
		{"POST", path + "/events?site=shop&file=1", "{}", 400, "bad_import", "1 files"},
		{"POST", path + "/events?site=shop&file=-1", "{}", 400, "bad_import", "file"},
		{"POST", path + "/events?site=shop&line=0", "{}", 400, "bad_import", "line"},
		{"POST", path + "/events?site=shop&line=x", "{}", 400, "bad_import", "line"},
		{"POST", path + "/events?site=shop", strings.Repeat(" ", event.MaxRequestBytes+1), 413, "body_too_large", "1048576"},
		{"POST", "/api/v1/imports/feed/events?site=shop", "{}", 404, "unknown_import", "feed"},
		{"POST", "/api/v1/imports/feed/finish?site=shop", "{}", 404, "unknown_import", "feed"},
		{"POST", path + "/finish?site=shop", `{"bad":-1}`, 400, "malformed", "bad"},
		{"DELETE", "/api/v1/imports/feed?site=shop", "", 404, "unknown_import", "feed"},
		{"GET", "/api/v1/imports?site=nobody", "", 404, "unknown_site", "nobody"},
	} {
		message := r.ask(c.method, c.path, c.body, asJSON).wantError(t, c.status, c.code)
		if !strings.Contains(message, c.names) {
			t.Errorf("%s %s %.40s: %q does not name %q", c.method, c.path, c.body, message, c.names)
		}
	}
}
