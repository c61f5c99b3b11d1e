package apigw

import (
	"net/http"
	"strings"

	"github.com/streamgauge/streamgauge/event/agent"
)

// purposes are the headers in which browsers say what they load a page for, though nobody looks at it (yet): Sec-Purpose is the one of
// the Fetch standard and of prerendering, Purpose that of older Chrome and Safari, X-Purpose that of Safari's top sites, X-Moz that of Firefox.
var purposes = [...]string{"Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"}

// automation returns why a request is one of automation, as far as its headers but for User-Agent tell: as package agent names it, or "".
// The consumer judges the user agent, which is on the event.
func automation(h http.Header) string {
	for _, name := range purposes {
		switch purpose := strings.ToLower(h.Get(name)); {
		case purpose == "":
		case strings.Contains(purpose, "prefetch"), strings.Contains(purpose, "prerender"):
			return agent.Prefetch
		case strings.Contains(purpose, "preview"):
			return agent.Preview
		}
	}
	// A headless Chrome whose user agent was made to look like another's still has its brand in the client hints.
	if strings.Contains(h.Get("Sec-Ch-Ua"), "Headless") {
		return agent.Headless
	}
	return ""
}
