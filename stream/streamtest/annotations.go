package streamtest

import (
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// tagText writes tags like "a=1 b=2".
func tagText(tags []types.Tag) string {
	all := make([]string, len(tags))
	for i, t := range tags {
		all[i] = *t.Key + "=" + aws.ToString(t.Value)
	}
	return strings.Join(all, " ")
}

func (s *suite) tagsOf(arn *string) string {
	s.Helper()
	out, err := s.api.ListTagsForResource(s.Context(), &kinesis.ListTagsForResourceInput{ResourceARN: arn})
	s.must(err)
	return tagText(out.Tags)
}

func (s *suite) tags() {
	name := s.create(&kinesis.CreateStreamInput{ShardCount: aws.Int32(1), Tags: map[string]string{"born": "here"}})
	add := func(tags map[string]string) error {
		_, err := s.api.AddTagsToStream(s.Context(), &kinesis.AddTagsToStreamInput{StreamName: &name, Tags: tags})
		return err
	}
	list := func(s *suite, in kinesis.ListTagsForStreamInput) (string, bool) {
		in.StreamName = &name
		out, err := s.api.ListTagsForStream(s.Context(), &in)
		s.must(err)
		return tagText(out.Tags), *out.HasMoreTags
	}
	s.run("of a stream", func(s *suite) {
		s.must(add(map[string]string{"b": "2", "a": "1", "é x": ""}))
		s.must(add(map[string]string{"b": "3"}))
		all, more := list(s, kinesis.ListTagsForStreamInput{})
		s.equal(all, "a=1 b=3 born=here é x=")
		s.equal(more, false)
		page, more := list(s, kinesis.ListTagsForStreamInput{Limit: aws.Int32(2), ExclusiveStartTagKey: aws.String("a")})
		s.equal(page, "b=3 born=here")
		s.equal(more, true)
		_, err := s.api.RemoveTagsFromStream(s.Context(), &kinesis.RemoveTagsFromStreamInput{StreamName: &name, TagKeys: []string{"b", "é x", "none"}})
		s.must(err)
		s.equal(s.tagsOf(s.summary(name).StreamARN), "a=1 born=here")
	})
	s.run("of a resource", func(s *suite) {
		for _, arn := range []*string{s.summary(s.stream(1)).StreamARN, s.register(name, "tagged").ConsumerARN} {
			_, err := s.api.TagResource(s.Context(), &kinesis.TagResourceInput{ResourceARN: arn, Tags: map[string]string{"x": "1", "y": "2"}})
			s.must(err)
			s.equal(strings.TrimPrefix(s.tagsOf(arn), "by=suite "), "x=1 y=2")
			_, err = s.api.UntagResource(s.Context(), &kinesis.UntagResourceInput{ResourceARN: arn, TagKeys: []string{"x"}})
			s.must(err)
			s.equal(strings.TrimPrefix(s.tagsOf(arn), "by=suite "), "y=2")
		}
	})
	s.run("refused", func(s *suite) {
		many := map[string]string{}
		for i := range 49 {
			many[fmt.Sprint(i)] = ""
		}
		s.wantError(add(many), invalidArgument, "50 tags")
		s.wantError(add(map[string]string{"a*": ""}), invalidArgument, "Some tags contain invalid characters.")
		s.wantError(add(map[string]string{strings.Repeat("k", 129): ""}), validation, "at 'tags' failed to satisfy constraint: Map keys must satisfy constraint")
		s.wantError(add(map[string]string{}), validation, "at 'tags' failed to satisfy constraint: Member must have length greater than or equal to 1")
		_, err := s.api.RemoveTagsFromStream(s.Context(), &kinesis.RemoveTagsFromStreamInput{StreamName: &name, TagKeys: []string{}})
		s.wantError(err, validation, "at 'tagKeys' failed to satisfy constraint: Member must have length greater than or equal to 1")
		_, err = s.api.ListTagsForResource(s.Context(), &kinesis.ListTagsForResourceInput{ResourceARN: &name})
		s.wantError(err, validation, "at 'resourceARN' failed to satisfy constraint: Member must satisfy regular expression pattern: ")
		_, err = s.api.ListTagsForResource(s.Context(), &kinesis.ListTagsForResourceInput{ResourceARN: aws.String(*s.summary(name).StreamARN + "/consumer/none:1")})
		s.wantError(err, notFound, "none:1")
		all, _ := list(s, kinesis.ListTagsForStreamInput{})
		s.equal(all, "a=1 born=here")
	})
}

func (s *suite) policies() {
	name := s.stream(1)
	for _, arn := range []*string{s.summary(name).StreamARN, s.register(name, "shared").ConsumerARN} {
		get := func() (*kinesis.GetResourcePolicyOutput, error) {
			return s.api.GetResourcePolicy(s.Context(), &kinesis.GetResourcePolicyInput{ResourceARN: arn})
		}
		_, err := get()
		s.wantError(err, notFound, "policy")
		policy := `{"Version":"2012-10-17","Statement":[]}`
		_, err = s.api.PutResourcePolicy(s.Context(), &kinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: &policy})
		s.must(err)
		out, err := get()
		s.must(err)
		s.equal(*out.Policy, policy)
		_, err = s.api.DeleteResourcePolicy(s.Context(), &kinesis.DeleteResourcePolicyInput{ResourceARN: arn})
		s.must(err)
		_, err = get()
		s.wantError(err, notFound, "policy")
		_, err = s.api.DeleteResourcePolicy(s.Context(), &kinesis.DeleteResourcePolicyInput{ResourceARN: arn})
		s.wantError(err, notFound, "policy")
		_, err = s.api.PutResourcePolicy(s.Context(), &kinesis.PutResourcePolicyInput{ResourceARN: arn, Policy: aws.String("allow all")})
		s.wantError(err, invalidArgument, "policy")
	}
}
