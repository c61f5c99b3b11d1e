package aggregate

import "github.com/streamgauge/streamgauge/event"

// PageOf returns the page of a URL or of a path: the path without query and fragment, at least "/".
func PageOf(url string) string { return event.SplitURL(url).Page() }
