package environment

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// environ is the environment of the function: what the caller gives, and over it what Lambda sets ("Defined runtime environment variables", AWS
// Lambda Developer Guide). Nothing of this process's own gets through.
func (o Options) environ(runtimeAPI, scratch string) []string {
	env := append([]string{
		// A function has credentials of its role. These sign, and open nothing.
		"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_SESSION_TOKEN=local",
		"TZ=:UTC", "LANG=en_US.UTF-8", "PATH=/usr/local/bin:/usr/bin/:/bin:/opt/bin",
		"LD_LIBRARY_PATH=/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib",
	}, o.Env...)
	stream := fmt.Sprintf("%s/[$LATEST]%s", time.Now().UTC().Format("2006/01/02"), strings.ReplaceAll(uuid.NewString(), "-", ""))
	env = append(env,
		"_HANDLER="+o.Handler,
		"AWS_LAMBDA_RUNTIME_API="+runtimeAPI,
		"AWS_LAMBDA_FUNCTION_NAME="+o.Name,
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(o.MemoryMB),
		"AWS_LAMBDA_INITIALIZATION_TYPE=on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/"+o.Name,
		"AWS_LAMBDA_LOG_STREAM_NAME="+stream,
		"AWS_REGION="+o.Region,
		"AWS_DEFAULT_REGION="+o.Region,
		"LAMBDA_TASK_ROOT="+filepath.Dir(o.Bootstrap),
		"LAMBDA_RUNTIME_DIR=/var/runtime",
	)
	if scratch != "" {
		env = append(env, "TMPDIR="+scratch)
	}
	return env
}
