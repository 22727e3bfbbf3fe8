using Kumiki.Onnx;

namespace Kumiki.Serving;

sealed partial class EndpointShelf
{
    /// <summary>The runs that a decision takes.</summary>
    static IReadOnlyList<IReadOnlyList<VersionName>> RunsOf(LiveDecision decision) => decision.Runs ?? Apart(decision);

    /// <summary>A run for each model.</summary>
    static IReadOnlyList<IReadOnlyList<VersionName>> Apart(LiveDecision decision) => [.. decision.Models.Select(m => (IReadOnlyList<VersionName>)[m])];

    /// <summary>Finds which of a decision's models share what is in front of them: those are asked by one run. What cannot be read is asked alone, and then
    /// told.</summary>
    async Task CutIntoRunsAsync(LiveDecision decision, CancellationToken stop)
    {
        if (decision.Runs is not null) return;
        List<VersionName> versions = [.. decision.Models];
        try
        {
            decision.Runs = [.. (await models.GroupsAsync(versions, stop)).SelectMany(g => g.Chunk(ModelShelf.MostTogether))];
        }
        catch (InferenceException)
        {
            decision.Runs = Apart(decision);
        }
    }

    /// <summary>Has the models of a run in memory before they are asked.</summary>
    /// <returns>Why they cannot be loaded; null where they are. They were released and so they answer: by their fallbacks, or with that.</returns>
    async Task<Message?> WarmAsync(IReadOnlyList<VersionName> run, CancellationToken stop)
    {
        try
        {
            (await UseAsync(run, stop)).Release();
            return null;
        }
        catch (InferenceException e)
        {
            return e.Says;
        }
    }

    /// <summary>Has the models of an endpoint's decision in memory before they are asked.</summary>
    /// <returns>Why some of them cannot be loaded.</returns>
    public async Task<IReadOnlyList<Message>> WarmAsync(LiveEndpoint endpoint, CancellationToken stop)
    {
        var troubles = new List<Message>();
        foreach (var run in RunsOf(endpoint.Decision))
            if (await WarmAsync(run, stop) is { } why) troubles.Add(why);
        return troubles;
    }

    ValueTask<LoadedModel> UseAsync(IReadOnlyList<VersionName> run, CancellationToken stop) =>
        run is [var one] ? models.UseAsync(one, stop) : new(models.UseTogetherAsync(run, stop));

    /// <summary>Asks the models of a decision about some of the rows, those that share their beginning by one run and the others side by side, and joins
    /// what they answer.</summary>
    /// <exception cref="InferenceException">One of them gives no answer.</exception>
    async Task<(TimeSpan Queued, TimeSpan Ran)> TogetherAsync(
        LiveDecision decision, EndpointSchema schema, EndpointRows rows, int[] which, Prediction[] answers, (EndpointAsk Ask, TimeSpan? Timeout) how,
        CancellationToken gone)
    {
        var parts = new PredictedPart[which.Length][];
        for (var row = 0; row < parts.Length; row++) parts[row] = new PredictedPart[decision.Parts.Count];
        (TimeSpan Queued, TimeSpan Ran)[] times;
        try
        {
            times = await Task.WhenAll(RunsOf(decision).Select(run => RunAsync(run)));
        }
        catch (InferenceException e) when (e.Says.Id is "images.differs-together" or "images.not-shared" or "images.joined-twice" or "onnx.opset")
        {
            // They look alike and are not to be joined: each by itself, from now on.
            decision.Runs = Apart(decision);
            times = await Task.WhenAll(RunsOf(decision).Select(run => RunAsync(run)));
        }
        var rule = (DecisionRule.OfParts)decision.Rule;
        var outputs = rule.ScoresOf([.. parts[0].Select(p => p.Outputs)]);
        for (var i = 0; i < which.Length; i++)
        {
            ref var row = ref answers[which[i]];
            row.Decided = rule.Join([.. parts[i].Select(p => p.Decided)]);
            row.Scores = [.. parts[i].SelectMany(p => p.Scores)];
            (row.Outputs, row.Parts, row.Together, row.IsThere) = (outputs, parts[i], decision, true);
        }
        return (times.Max(t => t.Queued), times.Max(t => t.Ran));

        async Task<(TimeSpan, TimeSpan)> RunAsync(IReadOnlyList<VersionName> run)
        {
            LoadedModel? model = null;
            try
            {
                model = await UseAsync(run, gone);
                var fields = (run.Count == 1 ? decision.Parts.First(p => p.Model == run[0]) : decision).FieldsOf(model.Signature, schema);
                using var request = new InferenceRequest(model.Signature)
                {
                    Timeout = how.Timeout,
                    Priority = how.Ask.Priority,
                    ScoreUnknown = how.Ask.ScoreUnknown,
                };
                Give(request, schema, fields, rows, which);
                using var answer = await AnswerAsync(model, request, rows.Schema.Fields, fields, which, gone);
                foreach (var (at, part) in decision.Parts.Index())
                {
                    if (run.Index().Where(r => r.Item == part.Model).Select(r => r.Index).FirstOrDefault(-1) is not (>= 0 and var place)) continue;
                    var own = run.Count == 1 ? answer : answer.Part(place);
                    for (var i = 0; i < which.Length; i++)
                    {
                        var scores = ScoresOf(own, i, which.Length);
                        parts[i][at] = new(part.Model, part.Threshold, part.Rule.Decide(scores, own.Signature.Scores), scores.ToArray(), own.Signature.Scores);
                    }
                }
                return (answer.Queued, answer.Ran);
            }
            catch (InferenceException e)
            {
                model?.Figures.Fail(e.Fault);
                throw;
            }
            finally
            {
                model?.Release();
            }
        }
    }
}
