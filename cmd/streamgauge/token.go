package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
)

// TokenCmd is about what lets people in.
type TokenCmd struct {
	Rotate TokenRotateCmd `cmd:"" help:"Replace the access token, or with --ingest the signing key."`
}

func (TokenCmd) Help() string { return "Example:\n\n    streamgauge token rotate --token OLD" }

// TokenRotateCmd replaces a secret.
type TokenRotateCmd struct {
	Ingest bool `help:"Replace the key that sites' keys and signed tokens are made with. The ones made before stay valid until the next rotation."`
	Remote
}

func (TokenRotateCmd) Help() string {
	return `Replaces the access token of the running server and prints the new one. The old one is invalid at once, also in browsers.

Example:

    streamgauge token rotate --token OLD
    streamgauge token rotate --ingest`
}

func (c *TokenRotateCmd) Run(ctx context.Context, con *console) error {
	what := "access"
	if c.Ingest {
		what = "ingest"
	}
	var answer struct{ Access string }
	err := c.client().call(ctx, http.MethodPost, "/api/v1/access/rotate", nil, map[string]string{"what": what}, &answer)
	if api, ok := errors.AsType[*apiError](err); ok && api.Code == "not_found" {
		return errors.New("this server has no access control: there is nothing to rotate")
	}
	if err != nil {
		return err
	}
	text := answer.Access
	if c.Ingest {
		text = "a new signing key is in use; \"streamgauge site key\" gives the new keys, and those from before are valid until the next rotation"
	}
	_, err = fmt.Fprintln(con.stdout, text)
	return err
}
