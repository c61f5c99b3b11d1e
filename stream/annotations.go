package stream

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/kinesis/types"
)

// annotations are what can be attached to a stream or a consumer.
type annotations struct {
	Tags   map[string]string `json:"tags,omitempty"`
	Policy string            `json:"policy,omitempty"`
}

// annotated finds what is attached to the stream or the consumer that an ARN names.
func (b *Broker) annotated(arn string) (annotations, error) {
	s, err := b.streamOf(arn)
	if err != nil {
		return annotations{}, err
	}
	set := s.version().settings
	a, err := set.annotated(arn)
	if err != nil {
		return annotations{}, err
	}
	return *a, nil
}

// annotate changes what is attached to the stream or the consumer that an ARN names.
func (b *Broker) annotate(arn string, edit func(*annotations) error) error {
	s, err := b.streamOf(arn)
	if err != nil {
		return err
	}
	return b.change(s, func(_ *version, set *settings) error {
		a, err := set.annotated(arn)
		if err != nil {
			return err
		}
		return edit(a)
	})
}

// streamOf finds the stream of an ARN, which may be that of a consumer.
func (b *Broker) streamOf(arn string) (*dataStream, error) {
	stream, _, _ := strings.Cut(arn, consumerInfix)
	return b.lookup(nil, &stream)
}

func (set *settings) annotated(arn string) (*annotations, error) {
	if !strings.Contains(arn, consumerInfix) {
		return &set.annotations, nil
	}
	i, err := set.consumer(arn)
	if err != nil {
		return nil, err
	}
	return &set.Consumers[i].annotations, nil
}

// resource checks the ARN of a stream or a consumer.
func (v *violations) resource(arn *string) {
	v.required("resourceARN", arn != nil)
	v.text("resourceARN", arn, 1, 2048, resourcePattern)
}

// maxTags is how many tags a stream or a consumer may have.
const maxTags = 50

// tags checks a map of tags that may be absent.
func (v *violations) tags(field string, tags map[string]string) {
	if len(tags) > maxTags {
		v.length(fmt.Sprintf("'%v'", tags), field, len(tags), 0, maxTags)
	}
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		v.tagKey(field, key)
		v.length("'"+tags[key]+"'", field+"."+key+".member", utf8.RuneCountInString(tags[key]), 0, 256)
	}
}

func (v *violations) tagKey(field, key string) {
	if n := utf8.RuneCountInString(key); n < 1 || n > 128 {
		v.add("'"+key+"'", field, "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "+
			"Member must have length greater than or equal to 1]")
	}
}

var tagPattern = regexp.MustCompile(`^[\p{L}\p{N}\p{Z}\s_./=+\-%@:]*$`)

// checkTags checks of what characters tags are made.
func checkTags(tags map[string]string) error {
	for key, value := range tags {
		if !tagPattern.MatchString(key + value) {
			return invalidArgument("Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, _ . / = + - %% @ :.")
		}
	}
	return nil
}

// tag adds tags, and replaces those that are there.
func (a *annotations) tag(tags map[string]string) error {
	if a.Tags == nil {
		a.Tags = map[string]string{}
	}
	maps.Copy(a.Tags, tags)
	if len(a.Tags) > maxTags {
		return invalidArgument("A resource cannot have more than %d tags associated with it.", maxTags)
	}
	return nil
}

func (a *annotations) untag(keys []string) {
	for _, key := range keys {
		delete(a.Tags, key)
	}
}

// sortedTags returns the tags as the API shows them, by key.
func (a *annotations) sortedTags() []types.Tag {
	tags := make([]types.Tag, 0, len(a.Tags))
	for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
		value := a.Tags[key]
		tags = append(tags, types.Tag{Key: &key, Value: &value})
	}
	return tags
}
