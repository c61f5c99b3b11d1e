package dashboards

import (
	"regexp"
	"sync"
)

// lazily returns a pattern that is compiled when it is first asked for. All functions on AWS link this package, most of them never need one, and each start is waited for.
func lazily(pattern string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
}
