package gateway

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"

	fastjson "github.com/segmentio/encoding/json"
)

// invoker says who invokes: each has its own form of events and answers.
type invoker uint8

const (
	restAPI    invoker = iota // API Gateway REST, and HTTP API with payload format 1.0
	httpAPI                   // HTTP API with payload format 2.0, function URL
	balancer                  // ALB
	balancerMV                // ALB whose target group has multi-value headers
)

// request is every form of event at once.
type request struct {
	Version string `json:"version"`

	// Of 2.0.
	RawPath        string   `json:"rawPath"`
	RawQueryString string   `json:"rawQueryString"`
	Cookies        []string `json:"cookies"`

	// Of 1.0 and of the balancer.
	HTTPMethod string              `json:"httpMethod"`
	Path       string              `json:"path"`
	Query      map[string]string   `json:"queryStringParameters"`
	MultiQuery map[string][]string `json:"multiValueQueryStringParameters"`

	Headers      map[string]string   `json:"headers"`
	MultiHeaders map[string][]string `json:"multiValueHeaders"`
	Body         string              `json:"body"`
	IsBase64     bool                `json:"isBase64Encoded"`

	Context struct {
		Stage string `json:"stage"`
		HTTP  struct {
			Method   string `json:"method"`
			SourceIP string `json:"sourceIp"`
		} `json:"http"`
		Identity struct {
			SourceIP string `json:"sourceIp"`
		} `json:"identity"`
		ELB *struct{} `json:"elb"`
	} `json:"requestContext"`
}

// errNoHTTP: an event that is no HTTP request.
var errNoHTTP = errors.New("gateway: the event is no HTTP request of API Gateway, a function URL or a load balancer")

// parse decodes with segmentio's drop-in of encoding/json, in a third of the time: the body is a string in it, and all of it is looked at.
func parse(event []byte) (*request, invoker, error) {
	var r request
	if err := fastjson.Unmarshal(event, &r); err != nil {
		return nil, 0, fmt.Errorf("gateway: decode event: %w", err)
	}
	switch {
	case r.Version == "2.0" && r.Context.HTTP.Method != "":
		return &r, httpAPI, nil
	case r.HTTPMethod == "":
		return nil, 0, errNoHTTP
	case r.Context.ELB == nil:
		return &r, restAPI, nil
	case r.MultiHeaders != nil:
		return &r, balancerMV, nil
	}
	return &r, balancer, nil
}

// http makes the request that the client sent.
func (r *request) http(ctx context.Context, by invoker) (*http.Request, error) {
	body, err := r.body()
	if err != nil {
		return nil, err
	}
	target := r.target(by)
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return nil, fmt.Errorf("gateway: the path is none: %w", err)
	}
	method := r.HTTPMethod
	if by == httpAPI {
		method = r.Context.HTTP.Method
	}
	req, err := http.NewRequestWithContext(ctx, method, "/", strings.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("gateway: %w", err)
	}
	req.URL, req.RequestURI = u, target
	req.Header = r.header()
	if len(r.Cookies) > 0 {
		req.Header.Set("Cookie", strings.Join(r.Cookies, "; "))
	}
	req.Host = req.Header.Get("Host")
	req.Header.Del("Host")
	req.RemoteAddr = net.JoinHostPort(r.client(by, req.Header), "0")
	return req, nil
}

func (r *request) body() (string, error) {
	if !r.IsBase64 {
		return r.Body, nil
	}
	b, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return "", fmt.Errorf("gateway: decode body: %w", err)
	}
	return string(b), nil
}

// target is path and query as they stood in the request line.
func (r *request) target(by invoker) string {
	if by == httpAPI {
		path := r.RawPath
		// The path has the stage in front, but for the default one. Behind a domain of one's own it does not.
		if s := r.Context.Stage; s != "" && s != "$default" {
			if rest, cut := strings.CutPrefix(path, "/"+s); cut && (rest == "" || rest[0] == '/') {
				path = rest
			}
		}
		return join(path, r.RawQueryString)
	}
	path := r.Path
	if _, err := url.ParseRequestURI(path); err != nil { // it came decoded
		path = (&url.URL{Path: path}).EscapedPath()
	}
	if by == restAPI {
		return join(path, url.Values(r.multiQuery()).Encode())
	}
	// A balancer decodes nothing.
	var pairs []string
	for name, values := range r.multiQuery() {
		for _, v := range values {
			pairs = append(pairs, name+"="+v)
		}
	}
	slices.Sort(pairs)
	return join(path, strings.Join(pairs, "&"))
}

func join(path, query string) string {
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if query != "" {
		path += "?" + query
	}
	return path
}

func (r *request) multiQuery() map[string][]string {
	if r.MultiQuery != nil {
		return r.MultiQuery
	}
	values := make(map[string][]string, len(r.Query))
	for name, v := range r.Query {
		values[name] = []string{v}
	}
	return values
}

func (r *request) header() http.Header {
	h := make(http.Header, max(len(r.Headers), len(r.MultiHeaders)))
	for name, v := range r.Headers {
		h[textproto.CanonicalMIMEHeaderKey(name)] = []string{v}
	}
	for name, v := range r.MultiHeaders {
		h[textproto.CanonicalMIMEHeaderKey(name)] = v
	}
	return h
}

// client is the address of who sent the request, as the invoker saw it. A balancer appends it to what the client itself may have put into the header.
func (r *request) client(by invoker, h http.Header) string {
	switch by {
	case httpAPI:
		return r.Context.HTTP.SourceIP
	case restAPI:
		return r.Context.Identity.SourceIP
	}
	forwarded := h.Values("X-Forwarded-For")
	if len(forwarded) == 0 {
		return ""
	}
	all := strings.Split(forwarded[len(forwarded)-1], ",")
	last := strings.TrimSpace(all[len(all)-1])
	if host, _, err := net.SplitHostPort(last); err == nil {
		return host // the balancer can be told to keep the port
	}
	return last
}
