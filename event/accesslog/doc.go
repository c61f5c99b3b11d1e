// Package accesslog turns the lines of a web server's access log into events: a [Line] is one request as the server
// wrote it down, [Parse] reads it, and a [Converter] places it in time and makes it an event.
//
// It knows the common log format (NCSA: host ident user [time] "request" status bytes) and the combined one, which
// adds the referrer and the user agent; fields after those are ignored, for many servers are told to add some.
// Apache (mod_log_config) and nginx (ngx_http_log_module) both write them, and both escape a quote inside a quoted
// field, as \" or \x22.
//
// The same line, with the same number and start, always becomes the same event, byte for byte: so a replay can be
// broken off and repeated, and nothing is counted twice.
package accesslog
