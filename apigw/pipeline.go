package apigw

import (
	"context"
	"net/http"

	"github.com/streamgauge/streamgauge/apigw/pipeline"
)

// getPipeline answers the operator's view of the pipeline: docs/METRICS-OPS.md has its fields.
func (s *Server) getPipeline(w http.ResponseWriter, r *http.Request) error {
	view, err := s.o.Pipeline(r.Context())
	if err != nil {
		return err
	}
	answer(w, http.StatusOK, view)
	return nil
}

// storedPipeline is the view of a server that stands beside the pipeline and sees what others left in the store: a function, where doors and consumers are many others, each with a part of
// what comes.
func storedPipeline(o *Options) func(context.Context) (*pipeline.View, error) {
	keeper, gatherer := pipeline.NewKeeper(o.Reader, nil, o.Now), pipeline.NewGatherer(o.Store, o.Now)
	return func(ctx context.Context) (*pipeline.View, error) {
		facts, err := keeper.Facts(ctx)
		if err != nil {
			return nil, err
		}
		v := &pipeline.View{
			AsOf:    o.Now().UnixMilli(),
			Missing: []string{"shards.stalled_ms", "shards.bisects", "shards.discarded", "rollup.last_pass_at", "rollup.passes", "rollup.failures", "store"},
		}
		facts.Fill(v)
		return v, gatherer.Fill(ctx, v)
	}
}
