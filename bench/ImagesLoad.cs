using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using Kumiki.Ground.Tests.Onnx;
using Kumiki.Native.OnnxRuntime;
using Kumiki.Onnx;
using Kumiki.Releasing;
using Kumiki.Store;

namespace Kumiki.Bench;

/// <summary>The image backbone asked over HTTP, by pixels and by encoded pictures, beside the bare engine doing the same on as many threads; and six models on
/// it, asked together, through one endpoint, and one by one. All on one machine, the clients too.</summary>
static class ImagesLoad
{
    const int Heads = 6, Batch = 8;
    static readonly int[] Clients = [1, 16];
    static readonly TimeSpan Time = TimeSpan.FromSeconds(8);

    /// <summary>A drawn picture of 320 × 240, encoded.</summary>
    public static byte[] Picture { get; } =
        DrawnPicture.Png(320, 240, 2, 8, (x, y, c) => ((x * 3) + (y * 5) + (c * 40) + ((x * y) >> 5)) & 255);

    public static Task RunAsync(Figures figures, CancellationToken stop) => Checkout.InFolderAsync(async folder =>
    {
        var backbone = BackbonePackage.Onnx;
        var heads = Enumerable.Range(1, Heads).Select(n => (Name: $"head-{n}", Model: BackbonePackage.Head(n))).ToList();
        var picture = Picture;
        var data = Path.Combine(folder, "data");
        await ServingLoad.KeepAsync(data, [("image-backbone", backbone)], stop);
        await ReleaseAsync(data, heads, stop);

        var input = new PictureInput("image", 256);
        var pixels = new byte[input.Bytes];
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < 200; i++) input.Write(picture, 1, pixels);
        figures.Print("decode", Stopwatch.GetElapsedTime(started).TotalMilliseconds / 200, "ms");

        var (server, _) = await Server.StartAsync(Checkout.Root, ["serve", "--data", data], said: _ => { }, TimeSpan.FromMinutes(1), stop);
        await using (server)
        {
            var head = Encoding.UTF8.GetBytes($$$"""
                {"inputs":[{"name":"image","datatype":"UINT8","shape":[1,256,256,3],"parameters":{"binary_data_size":{{{pixels.Length}}}}}],"parameters":{"binary_data_output":true}}
                """.Trim());
            byte[] asPixels = [.. head, .. pixels];
            var bare = Bare(figures, "engine", backbone, null, pixels);
            var decoding = Bare(figures, "engine.encoded", backbone, picture, pixels);
            foreach (var clients in Clients)
            {
                var address = $"http://127.0.0.1:{server.Port}/v2/models/image-backbone/infer";
                var loaded = await AskAsync(clients, [address], asPixels, "application/json", head.Length, stop);
                loaded.Print(figures, $"{clients}.pixels");
                if (clients > 1) figures.Print($"{clients}.pixels.of-engine", loaded.PerSecond / bare, "x");
                loaded = await AskAsync(clients, [address], picture, "image/png", null, stop);
                loaded.Print(figures, $"{clients}.encoded");
                if (clients > 1) figures.Print($"{clients}.encoded.of-engine", loaded.PerSecond / decoding, "x");
            }

            var models = $"http://127.0.0.1:{server.Port}/v2/models/";
            var together = await AskAsync(Clients[^1], [$"{models}{string.Join('+', heads.Select(h => h.Name))}/infer"], picture, "image/png", null, stop);
            together.Print(figures, "six.together");
            var endpoint = await AskAsync(Clients[^1], [$"http://127.0.0.1:{server.Port}/api/endpoints/photo-check/predict"], picture, "image/png", null, stop);
            endpoint.Print(figures, "six.endpoint");
            figures.Print("six.endpoint.of-together", endpoint.PerSecond / together.PerSecond, "x");
            var apart = await AskAsync(Clients[^1], [.. heads.Select(h => $"{models}{h.Name}/infer")], picture, "image/png", null, stop);
            apart.Print(figures, "six.apart");
            figures.Print("six.together.of-apart", together.PerSecond / apart.PerSecond, "x");
            figures.Print("six.together.of-one", together.PerSecond / decoding, "x");
        }
        using var joined = OnnxSession.Open(JoinedModels.Of(heads).Model.ToBytes());
        using var one = OnnxSession.Open(backbone);
        figures.Print("six.run", MillisecondsOf(joined, pixels), "ms");
        figures.Print("one.run", MillisecondsOf(one, pixels), "ms");
    });

    /// <summary>Releases the heads with an endpoint whose answer is the strictest of theirs.</summary>
    static async Task ReleaseAsync(string folder, IReadOnlyList<(string Name, OnnxModel Model)> heads, CancellationToken stop)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System);
        var set = new List<VersionRecord>();
        foreach (var (name, model) in heads) set.Add(await data.KeepAsync(name, AssetKind.Model, "model.onnx", model.ToBytes(), [], stop));
        var plan = new EndpointPlan
        {
            Input = "Photo",
            Output = "Verdict",
            Fields = [new() { Name = "image", Kind = FieldKind.Picture, IsRead = true }],
            Decision = new(heads[0].Name, null, new DecisionRule.Strictest(
                [.. heads.Select(h => new PlannedDecision(h.Name, null, new DecisionRule.AtThreshold(0.9, 0.5, "Suspend", "Review", "Publish")))], ["Suspend", "Review", "Publish"])),
        };
        set.Add(await data.KeepAsync("photo-check", AssetKind.Endpoint, EndpointPlan.FileName, plan.ToBytes(), [.. set], stop));
        var end = await new Releases(data.Metadata, data.Artifacts, TimeProvider.System, "bench").ReleaseAsync(new() { Set = [.. set.Select(v => v.Name.ToString())] }, stop);
        if (end is not ReleaseEnd.Live) throw new BenchmarkException($"The heads were not released: {end}");
    }

    static double MillisecondsOf(OnnxSession session, byte[] pixels)
    {
        using var tensor = OnnxTensor.Of(TensorType.UInt8, 1, 256, 256, 3);
        pixels.CopyTo(tensor.Bytes);
        var took = new List<double>();
        for (var i = 0; i < 40; i++)
        {
            var started = Stopwatch.GetTimestamp();
            foreach (var output in session.Run([tensor])) output.Dispose();
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
        return took.Median(t => t);
    }

    /// <summary>The engine alone on a thread for each processor, a batch a run.</summary>
    /// <param name="picture">Decoded for every row; null: the pixels are ready.</param>
    /// <returns>Pictures a second.</returns>
    static double Bare(Figures figures, string figure, byte[] model, byte[]? picture, byte[] pixels)
    {
        using var session = OnnxSession.Open(model);
        var input = PictureInput.Of(session).Single();
        var (started, rows) = (Stopwatch.GetTimestamp(), 0L);
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, _ =>
        {
            using var tensor = OnnxTensor.Of(TensorType.UInt8, Batch, input.Side, input.Side, 3);
            for (var row = 0; row < Batch; row++) pixels.CopyTo(tensor.Bytes[(row * input.Bytes)..]);
            while (Stopwatch.GetElapsedTime(started) < Time)
            {
                for (var row = 0; picture is not null && row < Batch; row++) input.Write(picture, row + 1, tensor.Bytes.Slice(row * input.Bytes, input.Bytes));
                foreach (var output in session.Run([tensor])) output.Dispose();
                Interlocked.Add(ref rows, Batch);
            }
        });
        var rate = rows / Stopwatch.GetElapsedTime(started).TotalSeconds;
        figures.Print($"{figure}.rate", rate, "/s");
        return rate;
    }

    /// <param name="addresses">A question is one request to each, one after another.</param>
    static async Task<Loaded> AskAsync(int clients, IReadOnlyList<string> addresses, byte[] body, string type, int? json, CancellationToken stop)
    {
        using var http = new HttpClient(new SocketsHttpHandler());
        return await Loaded.OfAsync(clients, Time, async (_, _) =>
        {
            foreach (var address in addresses)
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new ByteArrayContent(body) };
                request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
                if (json is { } length) request.Headers.Add("Inference-Header-Content-Length", length.ToString(CultureInfo.InvariantCulture));
                using var answer = await http.SendAsync(request, stop);
                var bytes = await answer.Content.ReadAsByteArrayAsync(stop);
                if (!answer.IsSuccessStatusCode) throw new BenchmarkException($"{address}: {(int)answer.StatusCode} {Encoding.UTF8.GetString(bytes)}");
            }
        }, stop);
    }
}
