using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;

namespace Kumiki.Serving;

sealed partial class EndpointShelf
{
    /// <summary>The share of a caller's time that the model may take where others could answer in its place.</summary>
    const double ModelShare = 0.8;

    /// <summary>Answers rows.</summary>
    /// <remarks>
    /// 1. Rows that the session was answered before get that answer. 2. The model is asked, unless its breaker is open. 3. Where it fails, is out of memory, busy or late, the fallbacks are tried in
    /// turn on the rows that have no answer yet. 4. Rows that none answers get the model's error, and then none is answered.
    /// </remarks>
    /// <param name="gone">When nobody waits for the answer any more.</param>
    /// <exception cref="InferenceException">There is no answer.</exception>
    /// <exception cref="FieldsRefusedException">A model refuses a value; the sentence names the field.</exception>
    public async ValueTask<EndpointAnswer> AskAsync(LiveRelease release, LiveEndpoint endpoint, EndpointRows rows, EndpointAsk ask, CancellationToken gone)
    {
        using var asking = models.Ask();
        var (began, at) = (clock.GetTimestamp(), clock.GetUtcNow());
        var answers = new Prediction[rows.Count];
        var keys = ask.Session is null ? null : new UInt128[rows.Count];
        var (queued, ran) = (TimeSpan.Zero, TimeSpan.Zero);
        try
        {
            for (var row = 0; row < answers.Length; row++)
            {
                if (keys is not null)
                {
                    keys[row] = Sessions.KeyOf(rows, row);
                    int? only = ask.IsOfRelease ? release.Number : null;
                    if (sessions.TryRecall(endpoint.Version.Asset, ask.Session!, keys[row], only, out var known))
                        answers[row] = known with { Remembered = true };
                }
                answers[row].Id = ask.Ids is { } ids ? ids[row] : Guid.CreateVersion7(clock.GetUtcNow()).ToString("N");
            }
            try
            {
                var share = endpoint.Fallbacks.Count == 0 ? 1 : ModelShare;
                if (Left(answers) is { Length: > 0 } left) (queued, ran) = await ModelAsync(endpoint, endpoint.Decision, rows, left, answers, ask, TimeLeft(ask, began) * share, gone);
            }
            catch (InferenceException e) when (endpoint.Fallbacks.Count > 0 && IsOfModel(e.Fault) && !gone.IsCancellationRequested)
            {
                await FallBackAsync(endpoint, rows, answers, ask, began, e, gone);
            }
        }
        catch (InferenceException e)
        {
            endpoint.Figures.Fail(e.Fault);
            Failed(e);
            throw;
        }
        catch (FieldsRefusedException e)
        {
            endpoint.Figures.Fail(InferenceFault.BadRequest);
            Failed(e);
            throw;
        }
        if (keys is not null)
            for (var row = 0; row < answers.Length; row++)
                if (!answers[row].Remembered) sessions.Remember(endpoint.Version.Asset, ask.Session!, keys[row], release.Number, answers[row]);
        var answer = new EndpointAnswer(release, endpoint, answers, clock.GetElapsedTime(began), queued, ran);
        endpoint.Figures.Answer(answer);
        Log?.Answer(answer, rows, at);
        return answer;

        void Failed(KumikiException e) => Log?.Failure(release, endpoint, rows, [.. answers.Select(a => a.Id)], at, clock.GetElapsedTime(began), e.Says);
    }

    /// <summary>Whether another could answer where a model did not: what is wrong with the request stays wrong.</summary>
    static bool IsOfModel(InferenceFault fault) => fault is InferenceFault.ModelFailed or InferenceFault.Unavailable or InferenceFault.QueueFull or InferenceFault.DeadlineExceeded;

    static int[] Left(Prediction[] answers)
    {
        var count = 0;
        foreach (ref readonly var answer in answers.AsSpan())
            if (!answer.IsThere) count++;
        var left = new int[count];
        for (var row = answers.Length - 1; row >= 0; row--)
            if (!answers[row].IsThere) left[--count] = row;
        return left;
    }

    TimeSpan? TimeLeft(EndpointAsk ask, long began) => ask.Timeout is not { } timeout ? null
        : timeout - clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    async Task FallBackAsync(LiveEndpoint endpoint, EndpointRows rows, Prediction[] answers, EndpointAsk ask, long began, InferenceException why, CancellationToken gone)
    {
        foreach (var (plan, model) in endpoint.Fallbacks)
        {
            var left = Left(answers);
            if (left.Length == 0) return;
            switch (plan)
            {
                case PlannedFallback.Smaller:
                    try
                    {
                        await ModelAsync(endpoint, model!, rows, left, answers, ask, TimeLeft(ask, began), gone);
                        foreach (var row in left) answers[row].Fallback = plan.Name;
                    }
                    catch (Exception e) when (e is InferenceException or FieldsRefusedException && !gone.IsCancellationRequested)
                    {
                        // the next one is asked; when none answers, the caller is told what kept the first
                    }
                    break;
                case PlannedFallback.ByRule rule:
                    foreach (var row in left)
                        if (rule.When.Holds(rows, row)) Say(row, plan, new(rule.Answer) { Number = rule.Number });
                    break;
                case PlannedFallback.LastAnswer last:
                    if (ask.Session is null || sessions.Last(endpoint.Version.Asset, ask.Session, TimeSpan.FromSeconds(last.Seconds)) is not { } before) break;
                    foreach (var row in left) Say(row, plan, before.Decided);
                    break;
                case PlannedFallback.Always always:
                    foreach (var row in left) Say(row, plan, new(always.Answer) { Number = always.Number });
                    break;
            }
        }
        if (Left(answers).Length > 0) throw why;

        void Say(int row, PlannedFallback plan, Decided decided) => answers[row] = new() { Id = answers[row].Id, Decided = decided, Fallback = plan.Name, IsThere = true };
    }

    /// <summary>Asks a model about some of the rows.</summary>
    async ValueTask<(TimeSpan Queued, TimeSpan Ran)> ModelAsync(
        LiveEndpoint endpoint, LiveDecision decision, EndpointRows rows, int[] which, Prediction[] answers, EndpointAsk ask, TimeSpan? timeout, CancellationToken gone)
    {
        if (!decision.Breaker.LetsThrough())
            throw new InferenceException(InferenceFault.Unavailable, Message.Of("endpoint.resting", ("model", decision.Model), ("failures", Breaker.Failures)));
        LoadedModel? model = null;
        try
        {
            if (decision.Parts.Count > 1)
            {
                var times = await TogetherAsync(decision, endpoint.Schema, rows, which, answers, (ask, timeout), gone);
                decision.Breaker.Succeeded();
                return times;
            }
            model = await models.UseAsync(decision.Model, gone);
            using var request = new InferenceRequest(model.Signature) { Timeout = timeout, Priority = ask.Priority, ScoreUnknown = ask.ScoreUnknown };
            var fields = decision.FieldsOf(model.Signature, endpoint.Schema);
            Give(request, endpoint.Schema, fields, rows, which);
            using var answer = await AnswerAsync(model, request, rows.Schema.Fields, fields, which, gone);
            Decide(decision, answer, which, answers);
            decision.Breaker.Succeeded();
            return (answer.Queued, answer.Ran);
        }
        catch (InferenceException e)
        {
            model?.Figures.Fail(e.Fault);
            // A full queue and a caller in a hurry say nothing of the model.
            if (e.Fault is InferenceFault.ModelFailed or InferenceFault.Unavailable) decision.Breaker.Failed();
            else decision.Breaker.Abandoned();
            throw;
        }
        catch
        {
            decision.Breaker.Abandoned();
            throw;
        }
        finally
        {
            model?.Release();
        }
    }

    /// <summary>Holds the tensors against what the model takes, and asks it.</summary>
    /// <exception cref="FieldsRefusedException">A value is none for the model: a text that it never saw, a field that it cannot do without, a damaged picture.</exception>
    static async ValueTask<InferenceAnswer> AnswerAsync(LoadedModel model, InferenceRequest request, IReadOnlyList<EndpointField> all, int[] fields, int[] which, CancellationToken gone)
    {
        try
        {
            request.Complete();
            return await model.Lane.AskAsync(request, gone);
        }
        catch (InferenceException e) when (e.At is var (input, at))
        {
            var place = Array.FindIndex(request.Signature.Inputs, i => i.Name == input);
            var row = which[at - 1] + 1;
            // The model was asked about some of the rows; the caller counts all.
            var says = new Message(e.Says.Id, new Dictionary<string, string>(e.Says.Values) { ["row"] = row.ToString(CultureInfo.InvariantCulture) });
            throw new FieldsRefusedException([new(row, all[fields[place]].Name, says)]);
        }
    }

    /// <summary>Makes the model's tensors of rows.</summary>
    static void Give(InferenceRequest request, EndpointSchema schema, int[] fields, EndpointRows rows, int[] which)
    {
        Span<byte> digits = stackalloc byte[32];
        for (var input = 0; input < fields.Length; input++)
        {
            var (field, from) = (fields[input], request.Kept);
            ReadOnlySpan<long> shape = request.Signature.OneRow[input].Length == 1 ? [which.Length] : [which.Length, 1];
            if (request.Signature.Inputs[input].Type == TensorType.Float)
            {
                var into = MemoryMarshal.Cast<byte, float>(request.Room(which.Length * sizeof(float))[..(which.Length * sizeof(float))]);
                if (rows.Write(field, which, into) is >= 0 and var large)
                    throw new FieldsRefusedException([new(large + 1, schema.Fields[field].Name, Message.Of("endpoint.field-infinite", ("field", schema.Fields[field].Name), ("row", large + 1)))]);
                request.Keep(which.Length * sizeof(float));
            }
            else
            {
                foreach (var row in which)
                {
                    var text = rows.TextOf(field, row, digits);
                    var room = request.Room(text.Length + 4);
                    BinaryPrimitives.WriteInt32LittleEndian(room, text.Length);
                    text.CopyTo(room[4..]);
                    request.Keep(text.Length + 4);
                }
            }
            if (request.Signature.Pictures[input] is null) request.Give(input, shape, null, from, request.Kept - from);
            else request.GivePictures(input, shape, null, from, request.Kept - from);
        }
    }

    static void Decide(LiveDecision decision, InferenceAnswer answer, int[] which, Prediction[] answers)
    {
        for (var i = 0; i < which.Length; i++)
        {
            var own = ScoresOf(answer, i, which.Length);
            ref var row = ref answers[which[i]];
            row.Decided = decision.Rule.Decide(own, answer.Signature.Scores);
            row.Scores = own.ToArray();
            row.Outputs = answer.Signature.Scores;
            (row.Model, row.Threshold, row.IsThere) = (decision.Model, decision.Threshold, true);
        }
    }

    /// <returns>[outputs] of one row.</returns>
    static ReadOnlySpan<float> ScoresOf(InferenceAnswer answer, int row, int rows)
    {
        var output = answer.Signature.ScoreOutput;
        if (output < 0) throw new InferenceException(InferenceFault.Unavailable,
            Message.Of("endpoint.no-score", ("model", answer.Version), ("outputs", string.Join(", ", answer.Signature.Outputs.Select(o => o.ToString())))));
        var scores = MemoryMarshal.Cast<byte, float>(answer.BytesOf(output));
        var width = scores.Length / rows;
        return scores.Slice(row * width, width);
    }
}
