package dynamo

import (
	"context"
	"iter"
	"maps"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// condition is when a write happens.
type condition struct {
	expression *string
	values     attributes
}

var absent = condition{expression: aws.String("attribute_not_exists(" + attrPartition + ")")}

func revisionIs(rev []byte) condition {
	return condition{aws.String(attrRevision + " = :r"), attributes{":r": blob(rev)}}
}

// onReplaced says that what a write under a revision replaced is to be answered: it may have had chunks.
func (c condition) onReplaced() types.ReturnValue {
	if c.values == nil {
		return ""
	}
	return types.ReturnValueAllOld
}

// putItem writes an item under a condition, if there is one, and returns what it replaced.
func (s *Store) putItem(ctx context.Context, partition string, item attributes, c condition) (old attributes, doubt bool, err error) {
	in := &dynamodb.PutItemInput{
		TableName: s.table(partition), Item: item,
		ConditionExpression: c.expression, ExpressionAttributeValues: c.values,
		ReturnValues: c.onReplaced(), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	if c.expression != nil {
		in.ReturnValuesOnConditionCheckFailure = types.ReturnValuesOnConditionCheckFailureAllOld
	}
	return s.write(ctx, func(ctx context.Context) (attributes, *types.ConsumedCapacity, error) {
		out, err := s.api.PutItem(ctx, in, once)
		if err != nil {
			return nil, nil, err
		}
		return out.Attributes, out.ConsumedCapacity, nil
	})
}

// deleteItem removes an item under a condition, if there is one, and returns what it was.
func (s *Store) deleteItem(ctx context.Context, partition string, key attributes, c condition) (old attributes, doubt bool, err error) {
	in := &dynamodb.DeleteItemInput{
		TableName: s.table(partition), Key: key,
		ConditionExpression: c.expression, ExpressionAttributeValues: c.values,
		ReturnValues: c.onReplaced(), ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	return s.write(ctx, func(ctx context.Context) (attributes, *types.ConsumedCapacity, error) {
		out, err := s.api.DeleteItem(ctx, in, once)
		if err != nil {
			return nil, nil, err
		}
		return out.Attributes, out.ConsumedCapacity, nil
	})
}

// write attempts a call that answers what it replaced and what it has used.
func (s *Store) write(ctx context.Context, call func(context.Context) (attributes, *types.ConsumedCapacity, error)) (old attributes, doubt bool, err error) {
	return attempt(ctx, s, func(ctx context.Context) (attributes, error) {
		old, used, err := call(ctx)
		s.meters.write(used)
		return old, err
	})
}

// getItem reads an item as it is now, or some of its attributes. It is nil if there is none.
func (s *Store) getItem(ctx context.Context, partition string, key attributes, only string) (attributes, error) {
	in := &dynamodb.GetItemInput{
		TableName: s.table(partition), Key: key, ConsistentRead: aws.Bool(true),
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	if only != "" {
		in.ProjectionExpression = &only
	}
	out, _, err := attempt(ctx, s, func(ctx context.Context) (*dynamodb.GetItemOutput, error) {
		out, err := s.api.GetItem(ctx, in, once)
		if err == nil && out.ConsumedCapacity != nil {
			s.meters.read(*out.ConsumedCapacity)
		}
		return out, err
	})
	if err != nil {
		return nil, err
	}
	return out.Item, nil
}

// pages yields what lies in a span, a page of at most 1 MB at a time, each as it is when it is read.
func (s *Store) pages(ctx context.Context, sp span, only string) iter.Seq2[[]map[string]types.AttributeValue, error] {
	return func(yield func([]map[string]types.AttributeValue, error) bool) {
		in := &dynamodb.QueryInput{
			TableName: s.table(sp.partition), ConsistentRead: aws.Bool(true), ScanIndexForward: aws.Bool(!sp.reverse),
			KeyConditionExpression:    aws.String(attrPartition + " = :p AND " + attrSort + " BETWEEN :f AND :l"),
			ExpressionAttributeValues: attributes{":p": blob([]byte(sp.partition)), ":f": blob(sp.first), ":l": blob(sp.last)},
			ReturnConsumedCapacity:    types.ReturnConsumedCapacityTotal,
		}
		if only != "" {
			in.ProjectionExpression = &only
		}
		for more := !sp.empty(); more; {
			out, _, err := attempt(ctx, s, func(ctx context.Context) (*dynamodb.QueryOutput, error) {
				out, err := s.api.Query(ctx, in, once)
				if err == nil && out.ConsumedCapacity != nil {
					s.meters.read(*out.ConsumedCapacity)
				}
				return out, err
			})
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(out.Items, nil) {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
			more = len(out.LastEvaluatedKey) > 0
		}
	}
}

// with returns an item of key and fields, with its time to live.
func (s *Store) with(partition string, key, fields attributes) attributes {
	item := maps.Clone(key)
	for name, value := range fields {
		// An absent attribute is an empty one, and costs nothing.
		if b, ok := value.(*types.AttributeValueMemberB); !ok || len(b.Value) > 0 {
			item[name] = value
		}
	}
	if at := s.opts.Expires(partition); !at.IsZero() {
		item[attrExpires] = number(at.Unix())
	}
	return item
}

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func numberOf(a attributes, name string) (int64, error) {
	n, ok := a[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, nil
	}
	return strconv.ParseInt(n.Value, 10, 64)
}

// sizeOf is what DynamoDB counts of an item: names and values.
func sizeOf(item attributes) (size int) {
	for name, value := range item {
		size += len(name)
		switch v := value.(type) {
		case *types.AttributeValueMemberB:
			size += len(v.Value)
		case *types.AttributeValueMemberN:
			size += len(v.Value)/2 + 2
		}
	}
	return size
}
