package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"syscall"
)

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 64 << 20

// Remote is the flag of every command that talks to a server.
type Remote struct {
	Token  string    `env:"STREAMGAUGE_TOKEN" placeholder:"TOKEN" help:"The access token, where the server wants one."`
	Server serverURL `default:"http://127.0.0.1:8080" env:"STREAMGAUGE_SERVER" placeholder:"URL" help:"The running server (${default})."`
}

// client asks a server. It has no time limit of its own, for an audit may take long: the context is the limit.
type client struct {
	server *url.URL
	http   *http.Client
	token  string // access token, or ""
}

func (r Remote) client() *client {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost = inFlight // the default keeps two, and a replay would connect again and again
	return &client{server: r.Server.url, http: &http.Client{Transport: t}, token: r.Token}
}

// url is the address of a path of the server's API, with a query.
func (c *client) url(path string, query url.Values) string {
	u := c.server.JoinPath(path)
	u.RawQuery = query.Encode()
	return u.String()
}

// call sends in as JSON, where it is not nil, and decodes the answer into out, where that is not nil. An answer that is not
// 2xx is an *apiError.
func (c *client) call(ctx context.Context, method, path string, query url.Values, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
		body = bytes.NewReader(b)
	}
	resp, err := c.send(ctx, method, path, query, jsonMedia, body)
	if err != nil {
		return err
	}
	return decodeAnswer(resp, out)
}

// What is sent.
const (
	jsonMedia   = "application/json"
	ndjsonMedia = "application/x-ndjson"
)

// send sends a body of a media type, or none where body is nil.
func (c *client) send(ctx context.Context, method, path string, query url.Values, media string, body io.Reader) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.url(path, query), body)
	if err != nil {
		return nil, fmt.Errorf("make the request: %w", err)
	}
	if body != nil {
		req.Header.Set("Content-Type", media)
	}
	return c.do(req)
}

// do sends a request and explains the error that means that nobody listens.
func (c *client) do(req *http.Request) (*http.Response, error) {
	req.Header.Set("User-Agent", "streamgauge/"+version())
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	resp, err := c.http.Do(req)
	if err == nil {
		return resp, nil
	}
	var at *url.Error
	if errors.As(err, &at) {
		err = at.Err // its text repeats the method and the address
	}
	if ctxErr := req.Context().Err(); ctxErr != nil {
		return nil, ctxErr
	}
	return nil, &unreachableError{server: c.server.String(), err: err}
}

// readAnswer reads an answer to its end. One that is not 2xx is an *apiError.
func readAnswer(resp *http.Response) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", resp.Request.URL.Path, err)
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return nil, readError(resp, body)
	}
	return body, nil
}

// decodeAnswer reads an answer, and decodes it where out is not nil.
func decodeAnswer(resp *http.Response, out any) error {
	defer resp.Body.Close()
	body, err := readAnswer(resp)
	if err != nil || out == nil {
		return err
	}
	if err := json.Unmarshal(body, out); err != nil {
		return fmt.Errorf("decode the answer of %s: %w", resp.Request.URL.Path, err)
	}
	return nil
}

// unreachableError is a server that gave no answer at all.
type unreachableError struct {
	server string
	err    error
}

func (e *unreachableError) Error() string {
	if errors.Is(e.err, syscall.ECONNREFUSED) {
		return fmt.Sprintf(`no server listens at %s: start one with "streamgauge up", or name another with --server`, e.server)
	}
	return fmt.Sprintf(`the server at %s gives no answer (%v): is it running ("streamgauge up"), is --server right?`, e.server, e.err)
}

func (e *unreachableError) Unwrap() error { return e.err }

// apiError is an answer that is not 2xx.
type apiError struct {
	Status  int
	Path    string
	Code    string
	Message string
}

// readError takes the error out of {"error":{"code","message"}}; an answer without one was not given by a streamgauge.
func readError(resp *http.Response, body []byte) *apiError {
	var envelope struct{ Error apiError }
	if json.Unmarshal(body, &envelope) != nil || envelope.Error.Message == "" {
		envelope.Error = apiError{Message: "no explanation: is it a streamgauge?"}
	}
	e := envelope.Error
	if resp.StatusCode == http.StatusUnauthorized && e.Code == "unauthorized" {
		e.Message = "the access token is missing or wrong: give it with --token, or as STREAMGAUGE_TOKEN" // the server tells it as HTTP has it
	}
	e.Status, e.Path = resp.StatusCode, resp.Request.URL.Path
	return &e
}

func (e *apiError) Error() string {
	text := fmt.Sprintf("the server answered %d to %s: %s", e.Status, e.Path, printable(e.Message))
	if e.Code != "" {
		text += " (" + printable(e.Code) + ")"
	}
	return text
}
