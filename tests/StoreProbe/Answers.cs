using System.Globalization;
using Kumiki.Store;

namespace Kumiki.StoreProbe;

/// <summary>A server in small: each line of standard input asks for one thing, each answer names the line it answers.</summary>
/// <remarks>
/// <c>ID stage N</c> → <c>ok</c>; <c>ID staged</c> → N or 0; <c>ID release BASE</c> → <c>live REVISION</c> or <c>no</c>; <c>ID production</c> → REVISION;
/// <c>ID attempt RUN</c> → the fence or <c>no</c>; <c>ID end RUN FENCE STATE</c> → <c>yes</c> or <c>no</c>; <c>ID state RUN</c> → STATE FENCE.
/// </remarks>
static class Answers
{
    static readonly CancellationToken Go = CancellationToken.None;

    internal static async Task GiveAsync(string folder)
    {
        await using var data = DataFolder.Open(folder, TimeProvider.System, StoreSettings.OfEnvironment());
        await Say("open");
        var answering = new List<Task>();
        while (await Console.In.ReadLineAsync() is { } line)
            answering.Add(Task.Run(async () => await Say($"{line.Split(' ')[0]} {await OfAsync(data.Metadata, line.Split(' ')[1..])}")));
        await Task.WhenAll(answering);
    }

    static async Task<string> OfAsync(IMetadataStore store, string[] asked)
    {
        switch (asked)
        {
            case ["stage", var number]:
                return await store.MoveStagesAsync([("beans", "staging", Number(number))], "probe", "asked", Go) is { } absent ? $"no {absent}" : "ok";
            case ["staged"]:
                return Text((await store.StagesAsync(Go)).SingleOrDefault(s => s.Asset == "beans")?.Number ?? 0);
            case ["release", var revision]:
                var now = await store.ProductionAsync(Go);
                var draft = Life.Draft(now, new("beans", 1)) with { Base = Number(revision) };
                var added = await store.AddReleaseAsync(draft, Go);
                return await store.MoveReleaseAsync(added.Number, ReleaseState.Live, Go) ? "live" : "no";
            case ["production"]:
                return Text((await store.ProductionAsync(Go)).Revision);
            case ["attempt", var run]:
                return await store.BeginAttemptAsync(new(Number(run)), LivingProcess.Current, Go) is { } given ? Text(given) : "no";
            case ["end", var run, var fence, var state]:
                return await store.EndRunAsync(new(Number(run)), Number(fence), Enum.Parse<RunState>(state), Message.Of("store.no-run", ("run", run)), null, Go)
                    ? "yes" : "no";
            case ["state", var run]:
                var record = (await store.RunAsync(new(Number(run)), Go))!;
                return $"{record.State} {Text(record.Fence)}";
            default:
                throw new ArgumentException($"Not understood: {string.Join(' ', asked)}");
        }
    }

    static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);

    static async Task Say(string what)
    {
        await Console.Out.WriteLineAsync(what);         // one writer at a time: the console's own lock
        await Console.Out.FlushAsync();
    }
}
