package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/streamgauge/streamgauge/dashboards/cloudwatch"
	"github.com/streamgauge/streamgauge/dashboards/meters"
	"github.com/streamgauge/streamgauge/e2e/npm"
	"github.com/streamgauge/streamgauge/event"
)

// resource is one of the template's.
type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

type template struct {
	Parameters map[string]map[string]any
	Resources  map[string]resource
	Outputs    map[string]any
	raw        []byte
}

// packageOnce is the template that `make package` writes, for the stage test. It is made once.
func packageOnce(t *testing.T) *template {
	t.Helper()
	osls := npm.Program(t, "osls")
	templateOnce.Do(func() { packagedTemplate, packagedErr = runPackage(t, osls) })
	if packagedErr != nil {
		t.Fatal(packagedErr)
	}
	return packagedTemplate
}

var (
	templateOnce     sync.Once
	packagedTemplate *template
	packagedErr      error
)

// runPackage packages with an empty environment: no credentials, and no network is asked.
func runPackage(t *testing.T, osls string) (*template, error) {
	dir := t.TempDir()
	artifact := filepath.Join(dir, "lambda.zip")
	if err := os.WriteFile(artifact, []byte("any"), 0o600); err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), osls, "package", "--stage", "test", "--package", filepath.Join(dir, "out"))
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "STREAMGAUGE_ARTIFACT=" + artifact, "AWS_EC2_METADATA_DISABLED=true"}
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("package: %w\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(dir, "out", "cloudformation-template-update-stack.json"))
	if err != nil {
		return nil, err
	}
	tpl := &template{raw: raw}
	return tpl, json.Unmarshal(raw, tpl)
}

// of returns the resources of a type, by name.
func (tpl *template) of(kind string) map[string]map[string]any {
	found := map[string]map[string]any{}
	for name, r := range tpl.Resources {
		if r.Type == kind {
			found[name] = r.Properties
		}
	}
	return found
}

// in walks into nested objects and lists.
func in(v any, path ...any) any {
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[p]
		case int:
			l, _ := v.([]any)
			if p >= len(l) {
				return nil
			}
			v = l[p]
		}
	}
	return v
}

func text(v any) string {
	b, _ := json.Marshal(v)
	return strings.Trim(string(b), `"`)
}

func ref(name string) string { return fmt.Sprintf(`{"Ref":%q}`, name) }

func wantAt(t *testing.T, what string, v any, want string, path ...any) {
	t.Helper()
	if got := text(in(v, path...)); got != want {
		t.Errorf("%s %v is %s, want %s", what, path, got, want)
	}
}

func TestTemplateOfTheMapping(t *testing.T) {
	tpl := packageOnce(t)
	m := tpl.of("AWS::Lambda::EventSourceMapping")["Feed"]
	for property, want := range map[string]string{
		"BatchSize": ref("BatchSize"), "MaximumBatchingWindowInSeconds": ref("BatchWindow"), "ParallelizationFactor": ref("Parallelization"),
		"MaximumRetryAttempts": ref("Attempts"), "MaximumRecordAgeInSeconds": ref("RecordAge"), "BisectBatchOnFunctionError": "true",
		"StartingPosition": "TRIM_HORIZON", "FunctionResponseTypes": `["ReportBatchItemFailures"]`,
		"DestinationConfig": `{"OnFailure":{"Destination":{"Fn::GetAtt":["Failures","Arn"]}}}`, "EventSourceArn": `{"Fn::GetAtt":["Clicks","Arn"]}`,
	} {
		wantAt(t, "the mapping's", m, want, property)
	}
	if s := text(tpl.Resources["Failures"].Properties["NotificationConfiguration"]); !strings.Contains(s, `"Notices"`) || !strings.Contains(s, "s3:ObjectCreated") {
		t.Errorf("the bucket notifies %s", s)
	}
}

// What the stream and the bucket keep can be redriven, and an outage of two hours makes no dead letters.
func TestTemplateKeepsPromises(t *testing.T) {
	tpl := packageOnce(t)
	number := func(parameter, bound string) float64 { n, _ := tpl.Parameters[parameter][bound].(float64); return n }
	const horizonHours = event.RedriveMS / 3_600_000
	if h := number("RetentionHours", "MaxValue"); h == 0 || h > horizonHours {
		t.Errorf("the stream may keep records for %v hours; they can be redriven for %d", h, horizonHours)
	}
	if d := number("FailureDays", "MaxValue"); d == 0 || 24*d > horizonHours {
		t.Errorf("the bucket may keep records for %v days; they can be redriven for %d hours", d, horizonHours)
	}
	wantAt(t, "the bucket's", tpl.Resources["Failures"].Properties, ref("FailureDays"), "LifecycleConfiguration", "Rules", 0, "ExpirationInDays")
	wantAt(t, "the stream's", tpl.Resources["Clicks"].Properties, ref("RetentionHours"), "RetentionPeriodHours")
	limit, _ := tpl.Resources["ConsumeLambdaFunction"].Properties["Timeout"].(float64)
	if attempts := number("Attempts", "MinValue"); (attempts+1)*limit < 7200 {
		t.Errorf("%v retries of %v s are less than two hours", attempts, limit)
	}
	if number("RecordAge", "Default") >= 3600*number("RetentionHours", "Default") {
		t.Error("the stream forgets records before they go to the bucket")
	}
	for name, p := range tpl.Parameters {
		if p["Default"] == nil || p["MinValue"] == nil && p["AllowedValues"] == nil && p["AllowedPattern"] == nil {
			t.Errorf("the parameter %s has no default, or takes everything: %v", name, p)
		}
	}
}

// noResources are the actions that know no resources (Service Authorization Reference).
var noResources = []string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}

func TestTemplateOfRoles(t *testing.T) {
	tpl := packageOnce(t)
	used := map[string]string{}
	for name, f := range tpl.of("AWS::Lambda::Function") {
		role := text(f["Role"])
		if other := used[role]; other != "" {
			t.Errorf("%s and %s have one role, %s", name, other, role)
		}
		used[role] = name
	}
	if len(used) != len(roles) {
		t.Errorf("%d roles of %d functions", len(used), len(roles))
	}
	for name, p := range tpl.of("AWS::IAM::Role") {
		policies, _ := p["Policies"].([]any)
		if p["ManagedPolicyArns"] != nil || len(policies) == 0 {
			t.Errorf("%s has policies of AWS, or none", name)
		}
		for _, policy := range policies {
			statements, _ := in(policy, "PolicyDocument", "Statement").([]any)
			for _, s := range statements {
				checkStatement(t, name, s)
			}
		}
	}
	// An account that is written after its hour was summed up sums it up anew, and for that reads it.
	for _, s := range tpl.Resources["CollectRole"].Properties["Policies"].([]any) {
		if !strings.Contains(text(s), `"dynamodb:Query"`) {
			t.Error("collect may not read the accounts of an hour")
		}
	}
	wantAt(t, "the direct route's", tpl.Resources["DirectRole"].Properties, `["kinesis:PutRecord"]`, "Policies", 0, "PolicyDocument", "Statement", 0, "Action")
}

func checkStatement(t *testing.T, role string, statement any) {
	t.Helper()
	actions, _ := in(statement, "Action").([]any)
	if len(actions) == 0 {
		t.Errorf("%s: %s", role, text(statement))
	}
	for _, a := range actions {
		if strings.Contains(a.(string), "*") {
			t.Errorf("%s may do %s", role, a)
		}
		if in(statement, "Resource") == "*" && !slices.Contains(noResources, a.(string)) {
			t.Errorf("%s may do %s to everything", role, a)
		}
	}
}

func TestTemplateEncryptsAndHides(t *testing.T) {
	tpl := packageOnce(t)
	for name, p := range tpl.of("AWS::DynamoDB::Table") {
		wantAt(t, name, p, "true", "SSESpecification", "SSEEnabled")
		wantAt(t, name, p, `{"AttributeName":"ttl","Enabled":true}`, "TimeToLiveSpecification")
		wantAt(t, name, p, "PAY_PER_REQUEST", "BillingMode")
		wantAt(t, name, p, fmt.Sprint(name == "Windows"), "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled")
	}
	for name, p := range tpl.of("AWS::Kinesis::Stream") {
		wantAt(t, name, p, "KMS", "StreamEncryption", "EncryptionType")
	}
	wantAt(t, "the topic's", tpl.of("AWS::SNS::Topic")["Figures"], "alias/aws/sns", "KmsMasterKeyId")
	for name, p := range tpl.of("AWS::SQS::Queue") {
		wantAt(t, name, p, "true", "SqsManagedSseEnabled")
	}
	for name, p := range tpl.of("AWS::S3::Bucket") {
		if text(p["BucketEncryption"]) == "null" {
			t.Errorf("%s is not encrypted", name)
		}
		for _, what := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			wantAt(t, name, p, "true", "PublicAccessBlockConfiguration", what)
		}
	}
	for _, kept := range []string{"Windows", "Failures"} {
		if tpl.Resources[kept].DeletionPolicy != "Retain" {
			t.Errorf("make remove would delete %s", kept)
		}
	}
	stage := tpl.of("AWS::ApiGatewayV2::Stage")["HttpApiStage"]
	format := strings.ToLower(text(in(stage, "AccessLogSettings", "Format")))
	for _, never := range []string{"sourceip", "identity", "useragent", "query", "header", "$context.path"} {
		if strings.Contains(format, never) {
			t.Errorf("access logs have %s: %s", never, format)
		}
	}
	if !strings.Contains(format, "requestid") {
		t.Errorf("access logs are %s", format)
	}
	wantAt(t, "the stage's", stage, ref("ThrottleRate"), "DefaultRouteSettings", "ThrottlingRateLimit")
	for name, p := range tpl.of("AWS::Logs::LogGroup") {
		wantAt(t, name, p, "30", "RetentionInDays")
	}
}

// The functions are the roles of the bootstrap, and have the environment that these need.
func TestTemplateOfFunctions(t *testing.T) {
	tpl := packageOnce(t)
	seen := map[string]bool{}
	for name, f := range tpl.of("AWS::Lambda::Function") {
		handler := text(f["Handler"])
		seen[handler] = true
		wantAt(t, name, f, "provided.al2023", "Runtime")
		wantAt(t, name, f, `["arm64"]`, "Architectures")
		wantAt(t, name, f, `{"LogFormat":"JSON","SystemLogLevel":"WARN"}`, "LoggingConfig")
		env, _ := in(f, "Environment", "Variables").(map[string]any)
		wantAt(t, name, env, strconv.Itoa(gcPercent), "GOGC")
		for _, variable := range needs[handler] {
			if env[variable] == nil {
				t.Errorf("%s has no %s", name, variable)
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(seen)), slices.Sorted(maps.Keys(roles)); !slices.Equal(got, want) {
		t.Errorf("functions %v, roles %v", got, want)
	}
	wantAt(t, "the roll-up's", tpl.Resources["RollupLambdaFunction"].Properties, ref("Figures"), "Environment", "Variables", "STREAMGAUGE_TOPIC")
	wantAt(t, "the consumer's", tpl.Resources["ConsumeLambdaFunction"].Properties, ref("Parallelization"), "Environment", "Variables", "STREAMGAUGE_PARALLELIZATION")
	direct := tpl.Resources["DirectIntegration"].Properties
	wantAt(t, "the direct route's", direct, "Kinesis-PutRecord", "IntegrationSubtype")
	wantAt(t, "the direct route's", direct, "$context.authorizer.partitionKey", "RequestParameters", "PartitionKey")
	wantAt(t, "the direct route's", tpl.Resources["DirectRoute"].Properties, "CUSTOM", "AuthorizationType")
	for _, output := range []string{"IngestURL", "PageURL", "DirectURL", "StreamName", "TableName", "FailuresBucket", "FiguresTopic"} {
		if tpl.Outputs[output] == nil {
			t.Errorf("there is no output %s", output)
		}
	}
}

// failures are what the functions' metrics report that nobody should have to look for, and what AWS reports of them.
var failures = []string{
	"Streamgauge Unfinished consume", "Streamgauge Quarantined consume", "Streamgauge Imbalance consume", "AWS/DynamoDB WriteThrottleEvents ",
	"AWS/DynamoDB ReadThrottleEvents ", "Streamgauge Rounds rollup", "Streamgauge Refused authorize", "AWS/Lambda IteratorAge consume",
	"AWS/Lambda DestinationDeliveryFailures consume", "AWS/SQS ApproximateNumberOfMessagesVisible ", "AWS/Kinesis WriteProvisionedThroughputExceeded ",
	"AWS/ApiGateway 5xx ", "Streamgauge GivenUp rollup",
}

func TestTemplateOfAlarms(t *testing.T) {
	tpl := packageOnce(t)
	want := slices.Clone(failures)
	for role := range roles {
		want = append(want, "AWS/Lambda Errors "+role, "AWS/Lambda Throttles "+role)
	}
	got := map[string]bool{}
	for name, a := range tpl.of("AWS::CloudWatch::Alarm") {
		role := ""
		dimensions, _ := a["Dimensions"].([]any)
		for _, d := range dimensions {
			switch in(d, "Name") {
			case "Function":
				role = text(in(d, "Value"))
			case "FunctionName":
				role = strings.ToLower(strings.TrimSuffix(text(in(d, "Value", "Ref")), "LambdaFunction"))
			}
		}
		got[fmt.Sprintf("%s %s %s", a["Namespace"], a["MetricName"], role)] = true
		wantAt(t, name, a, `[{"Ref":"Alarms"}]`, "AlarmActions")
		if d := text(a["AlarmDescription"]); !strings.Contains(d, meters.Runbook+"#") {
			t.Errorf("%s says not what to do: %s", name, d)
		}
	}
	for _, w := range want {
		if !got[w] {
			t.Errorf("no alarm for %s", w)
		}
	}
}

// The dashboard is the one that lies in the repository, which is made from the same tables.
func TestTemplateOfTheDashboard(t *testing.T) {
	file, err := os.ReadFile(filepath.Join("..", "..", "dashboards", "cloudwatch", "dashboard.json"))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := in(packageOnce(t).Resources["Dashboard"].Properties, "DashboardBody", "Fn::Sub").(string)
	var got, want any
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if err := json.Unmarshal(bytes.ReplaceAll(file, []byte("${sls:stage}"), []byte("test")), &want); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("the template has %s", body)
	}
}

// The alarms are for the functions that there are.
func TestFunctionsThatAreWatched(t *testing.T) {
	if got, want := slices.Sorted(slices.Values(cloudwatch.Functions)), slices.Sorted(maps.Keys(roles)); !slices.Equal(got, want) {
		t.Errorf("watched are %v, there are %v", got, want)
	}
}

// updateEnv, set to anything, makes TestTemplateGolden write what it finds.
const updateEnv = "STREAMGAUGE_UPDATE_GOLDEN"

// A change of the template is seen here, whatever caused it: a look at the difference, and then an update.
func TestTemplateGolden(t *testing.T) {
	tpl := packageOnce(t)
	var v any
	if err := json.Unmarshal(tpl.raw, &v); err != nil {
		t.Fatal(err)
	}
	got, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	// Of the framework's own: where it puts the package, by the time.
	got = append(regexp.MustCompile(`"serverless/streamgauge/test/[^"]*/`).ReplaceAll(got, []byte(`"TIME/`)), '\n')
	golden := filepath.Join("testdata", "template.golden.json")
	if os.Getenv(updateEnv) != "" {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the template is not that of %s; %s=1 go test ./cmd/lambda writes it anew%s", golden, updateEnv, firstDifference(got, want))
	}
}

func firstDifference(got, want []byte) string {
	g, w := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("\nline %d is  %s\nit was     %s", i+1, g[i], w[i])
		}
	}
	return ""
}
