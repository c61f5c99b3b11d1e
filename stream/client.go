package stream

import "github.com/aws/aws-sdk-go-v2/service/kinesis"

// Client is the in-process face of a broker: the methods of *kinesis.Client, with its types and errors, without a
// network. The option functions of a call are ignored: they configure a transport that is not there. What a call
// returns belongs to the caller.
type Client struct{ b *Broker }

// Client returns the in-process face of the broker.
func (b *Broker) Client() *Client { return &Client{b} }

// options is the SDK's way to change one call.
type options = func(*kinesis.Options)
