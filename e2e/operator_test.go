package e2e

import "testing"

// TestOperatorViews looks at the views of those who run the pipeline or integrate a site, at tiles and at TV mode, through a real browser. Each check of
// browser/operator.mjs is a subtest; the screenshots that it leaves in artifacts/ are there to be looked at.
func TestOperatorViews(t *testing.T) {
	tool(t, "curl")
	check := browserCheck(t, 4*patience, "operator.mjs")
	s := startServer(t, t.TempDir(), "--demo")
	walled, login := gated(t, t.TempDir())
	check(s.HTTP, s.Kinesis, login, artifacts(t))
	walled.stop(t)
	s.stop(t)
}
