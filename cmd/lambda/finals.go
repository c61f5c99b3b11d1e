package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/streamgauge/streamgauge/aggregate"
	"github.com/streamgauge/streamgauge/aggregate/notify"
	"github.com/streamgauge/streamgauge/store"
)

func (p *parts) sns() *sns.Client {
	return sns.NewFromConfig(p.config(), func(o *sns.Options) { o.BaseEndpoint = at(p.settings.endpoints.sns) })
}

// finals makes final values, which go to the topic where there is one, as the events of alerts do.
func (p *parts) finals(s store.Store, sites *aggregate.Sites) *aggregate.Finals {
	o := aggregate.FinalsOptions{Notify: []string{aggregate.ToLog}}
	if p.settings.topic != "" {
		o.Publish, o.Notify = []string{aggregate.ToSNS}, append(o.Notify, aggregate.ToSNS)
	}
	return aggregate.NewFinals(s, sites, p.now, o)
}

// notifier sends what there is to tell: to the topic, to the log, and to webhooks on the public network alone.
func (p *parts) notifier(s store.Store, sites *aggregate.Sites) *aggregate.Notifier {
	senders := map[string]aggregate.Sender{aggregate.ToWebhook: notify.NewWebhook(notify.Public, p.now).Send, aggregate.ToLog: p.logMessage}
	if p.settings.topic != "" {
		client := p.sns()
		senders[aggregate.ToSNS] = func(ctx context.Context, m aggregate.Message) error { return p.publish(ctx, client, m) }
	}
	n := aggregate.NewNotifier(s, sites, p.now, senders)
	n.OnError = func(err error) { p.log.Error().Err(err).Msg("a message was not delivered") }
	return n
}

// publish sends a message to the topic. Its attributes are what a subscription can filter by, and its id is among them.
func (p *parts) publish(ctx context.Context, client *sns.Client, m aggregate.Message) error {
	text := func(s string) types.MessageAttributeValue {
		return types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &s}
	}
	_, err := client.Publish(ctx, &sns.PublishInput{
		TopicArn: &p.settings.topic, Message: aws.String(string(m.Body)),
		MessageAttributes: map[string]types.MessageAttributeValue{"id": text(m.ID), "type": text(m.Kind), "site": text(m.Site)},
	})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

func (p *parts) logMessage(_ context.Context, m aggregate.Message) error {
	p.log.Info().Str("id", m.ID).Str("site", m.Site).RawJSON(m.Kind, m.Body).Msg(m.Kind)
	return nil
}
