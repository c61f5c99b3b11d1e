// Package dashboards is what people look at: the page that shows a site's live numbers and its ledger.
//
// The page is plain HTML, CSS and ES modules under web/, without a build step, embedded into the binary. The nouns: the
// page is index.html; an asset is any other embedded file; the release is a hash over all files, and it stands in the
// address of every asset, so that a browser may keep an asset for ever and never mixes two versions of the page.
//
// The page asks its own server and nobody else (a Content-Security-Policy sees to it), through the documented API only:
// /api/v1/sites and the server-sent events of /api/v1/live. This package knows nothing of how those are answered and
// imports nothing else of the project.
package dashboards
