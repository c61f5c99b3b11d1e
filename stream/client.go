package stream

import "github.com/aws/aws-sdk-go-v2/service/kinesis"

// Client is the in-process face of a broker: the methods of *kinesis.Client, with its types and errors, without a
// network. The option functions of a call are ignored: they configure a transport that is not there. What a call
// returns belongs to the caller, but for the data of records that a client from SharingClient reads.
type Client struct {
	b      *Broker
	shares bool // data of records are those of all readers
}

// Client returns the in-process face of the broker.
func (b *Broker) Client() *Client { return &Client{b: b} }

// SharingClient is a Client whose GetRecords does not copy: the data of its records must not be changed, as other readers have the same.
// Who only looks at them is spared a copy of the whole stream, and the collector its garbage.
func (b *Broker) SharingClient() *Client { return &Client{b: b, shares: true} }

// options is the SDK's way to change one call.
type options = func(*kinesis.Options)
