package enrich

import (
	"slices"
	"strings"
	"testing"
)

func TestSourcesAreInOrder(t *testing.T) {
	before, kinds, hosts := "", map[string]string{}, 0
	for host, line := range lines(sourcesText) {
		kindName, name, _ := strings.Cut(line, " ")
		hosts++
		if host <= before {
			t.Errorf("%s stands after %s", host, before)
		}
		before = host
		if !slices.Contains(kindNames[1:], kindName) || name == "" || name != strings.TrimSpace(name) {
			t.Errorf("%s: kind %q, name %q", host, kindName, name)
		}
		if k, ok := kinds[strings.ToLower(name)]; ok && k != kindName {
			t.Errorf("%s is %s, and %s at %s", name, k, kindName, host)
		}
		kinds[strings.ToLower(name)] = kindName
		if host != strings.ToLower(host) || strings.HasPrefix(host, "www.") || !strings.Contains(host, ".") || strings.ContainsAny(host, " \t") {
			t.Errorf("%q is no hostname as they are looked for", host)
		}
	}
	if hosts < 300 {
		t.Errorf("%d hosts", hosts)
	}
}

// A line that changes nothing, because the host above says the same, only makes the next reader wonder.
func TestNoSourceIsNamedTwice(t *testing.T) {
	for host := range lines(sourcesText) {
		_, parent, ok := strings.Cut(host, ".")
		if ok && parent != "*" && !strings.HasPrefix(host, appScheme) && strings.Contains(parent, ".") && known().ofHost(parent) == known().ofHost(host) {
			t.Errorf("%s is what %s is", host, parent)
		}
	}
}

func TestAliasesAreInOrder(t *testing.T) {
	names := map[string]bool{}
	for _, line := range lines(sourcesText) {
		_, name, _ := strings.Cut(line, " ")
		names[name] = true
	}
	before := ""
	for alias, line := range lines(aliasesText) {
		mark, name, _ := strings.Cut(line, " ")
		if alias <= before || alias != strings.ToLower(alias) {
			t.Errorf("%s stands after %s, or is not in small letters", alias, before)
		}
		before = alias
		if mark != "paid" && mark != "-" || !names[name] {
			t.Errorf("%s: mark %q, source %q", alias, mark, name)
		}
		for name := range names {
			if strings.ToLower(name) == alias && mark == "-" {
				t.Errorf("%s is a source's name anyway", alias)
			}
		}
	}
}

// Every click id's source is in the table, or its visits would have no channel.
func TestClickIDsHaveSources(t *testing.T) {
	for _, key := range []string{
		"gclid", "gbraid", "wbraid", "gad_source", "dclid", "msclkid", "yclid", "fbclid", "igsh", "igshid", "ttclid", "twclid", "li_fat_id", "ScCid", "sccid", "rdt_cid",
		"epik", "qclid", "tblci", "dicbo", "obclid", "cto_pld", "awc", "irclickid", "cjevent", "ranSiteID", "mc_eid", "_kx", "mkt_tok", "_hsenc", "vero_id",
	} {
		id := clickIDOf(key)
		if id == nil {
			t.Fatalf("%s is none", key)
		}
		if s := sourceOfTag(id.source); id.source != "" && (s.kind == unknown || s.name != id.source) {
			t.Errorf("%s: source %q is not in the table", key, id.source)
		}
	}
	if clickIDOf("GCLID") != nil || clickIDOf("id") != nil {
		t.Error("what is no click id became one")
	}
}

func TestSourceOfHost(t *testing.T) {
	for host, want := range map[string]source{
		"google.com":          {"Google", search},
		"google.de":           {"Google", search},
		"google.co.uk":        {"Google", search},
		"images.google.at":    {"Google", search},
		"mail.google.com":     {"Gmail", email},
		"gemini.google.com":   {"Google Gemini", assistant},
		"news.google.com":     {"Google News", news},
		"notgoogle.com":       {"notgoogle.com", unknown},
		"google.com.evil.org": {"google.com.evil.org", unknown},
		"google.evil.example": {"google.evil.example", unknown},
		"l.facebook.com":      {"Facebook", social},
		"out.reddit.com":      {"Reddit", social},
		"t.co":                {"X (Twitter)", social},
		"en.m.wikipedia.org":  {"Wikipedia", site},
		"chatgpt.com":         {"ChatGPT", assistant},
		"perplexity.ai":       {"Perplexity", assistant},
		"claude.ai":           {"Claude", assistant},
		"github.com":          {"GitHub", code},
		"amazon.co.jp":        {"Amazon", shop},
		"blog.example":        {"blog.example", unknown},
		"com":                 {"com", unknown},
		"localhost":           {"localhost", unknown},
		"192.0.2.1":           {"192.0.2.1", unknown},
		"":                    {"", unknown},

		"android-app://com.google.android.gm": {"Gmail", email},
		"android-app://com.example.google.de": {"android-app://com.example.google.de", unknown},
	} {
		if got := sourceOfHost(host); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}

func TestSourceOfTag(t *testing.T) {
	for tag, want := range map[string]tagged{
		"google":           {source{"Google", search}, 0},
		"GOOGLE":           {source{"Google", search}, 0},
		"google.com":       {source{"Google", search}, 0},
		"www.google.co.uk": {source{"Google", search}, 0},
		"fb":               {source{"Facebook", social}, 0},
		"Facebook_Ads":     {source{"Facebook", social}, paid},
		"adwords":          {source{"Google", search}, paid},
		"ig":               {source{"Instagram", social}, 0},
		"chatgpt.com":      {source{"ChatGPT", assistant}, 0},
		"yahoo":            {source{"Yahoo!", search}, 0},
		"Spring letter":    {source{"Spring letter", unknown}, 0},
		"my-newsletter":    {source{"my-newsletter", unknown}, mailed},
		"E-Mail":           {source{"E-Mail", unknown}, mailed},
		"sms":              {source{"sms", unknown}, texted},
		"firebase":         {source{"firebase", unknown}, pushed},
		"partner.example":  {source{"partner.example", unknown}, 0},
	} {
		if got := sourceOfTag(tag); got != want {
			t.Errorf("%q: %v, want %v", tag, got, want)
		}
	}
}
