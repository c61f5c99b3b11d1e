// Package dashboards is what people look at: the page that shows a site's figures, live and past, and the views of those who run the
// pipeline.
//
// The page is plain HTML, CSS and ES modules under web/, without a build step, embedded into the binary. The nouns: an
// asset is any embedded file but index.html, and its address holds a hash of its bytes, so that a browser may keep it for
// ever; a view is what an address shows ("/shop", "/_/pipeline"), and all views are index.html, each with the modules that
// it needs first named in its head. Modules import each other by their plain names; the import map in the head says where they are.
//
// The page asks its own server and nobody else (a Content-Security-Policy sees to it), through the documented API only.
// This package knows nothing of how that is answered and imports nothing else of the project.
package dashboards
