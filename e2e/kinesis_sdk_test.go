package e2e

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestJavaScriptSDK lets the AWS SDK for JavaScript put, read and subscribe: by HTTP/2, which it speaks by default, and by
// HTTP/1.1; without TLS, and with TLS and signatures that are verified. Each check of kinesis_sdk.mjs is a subtest.
func TestJavaScriptSDK(t *testing.T) {
	t.Parallel()
	node := tool(t, "node")
	if _, err := os.Stat("node_modules/@aws-sdk/client-kinesis"); err != nil {
		t.Skip("e2e/node_modules is missing: run e2e/setup")
	}
	for name, args := range map[string][]string{
		"plain": nil, "TLS": {"--tls", "--access-key", "any", "--secret-key", "thing"},
	} {
		t.Run(name, func(t *testing.T) {
			data := t.TempDir()
			s := startKinesis(t, append([]string{"--listen", "127.0.0.1:0", "--data", data}, args...)...)
			ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, "kinesis_sdk.mjs", s.Kinesis)
			cmd.Env = append(os.Environ(), "NODE_EXTRA_CA_CERTS="+filepath.Join(data, "tls.crt"))
			runChecks(t, cmd)
			s.stop(t)
		})
	}
}
