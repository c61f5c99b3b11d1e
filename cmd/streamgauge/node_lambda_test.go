package main

import (
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// GOGC of the function stood here as a literal that nothing held to the template.
func TestFunctionCollectsAsTheTemplateHasIt(t *testing.T) {
	data, err := os.ReadFile("../lambda/testdata/template.golden.json")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources struct {
			ConsumeLambdaFunction struct {
				Properties struct {
					Environment struct{ Variables struct{ GOGC string } }
				}
			}
		}
	}
	if err := json.Unmarshal(data, &template); err != nil {
		t.Fatal(err)
	}
	if want := template.Resources.ConsumeLambdaFunction.Properties.Environment.Variables.GOGC; strconv.Itoa(lambdaGC) != want {
		t.Errorf("GOGC=%d, in the template %q", lambdaGC, want)
	}
}
