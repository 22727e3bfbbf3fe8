using System.CommandLine;
using Kumiki.Tables;

namespace Kumiki;

sealed partial class Doors
{
    Command Draft()
    {
        var what = new Argument<string>("dataset") { Description = "A dataset, or a version of one (sales@3)." };
        return Verb("draft", "Expectations that hold of a dataset's rows, as C# to begin from.", [what], async (parsed, session, terminal, stop) =>
        {
            var asked = parsed.GetValue(what)!;
            var name = VersionName.TryParse(asked, null, out var given) ? given : await NewestAsync(asked);
            var (version, _) = await RecordAsync(session, name, stop);
            if (version.Kind != AssetKind.Dataset || version.Schema is not { } schema || version.Facts.GetValueOrDefault("rows") == "0")
                throw new KumikiException(Message.Of("shell.no-rows", ("version", name)));
            var files = await Task.WhenAll(version.Files.Where(f => f.Path.StartsWith("rows/", StringComparison.Ordinal))
                .Select(f => session.Artifacts.PathAsync(f.Content, stop)));
            var spill = Directory.CreateTempSubdirectory("kumiki-draft-").FullName;
            try
            {
                using var engine = new TableEngine(new() { SpillFolder = spill });
                var draft = await Task.Run(() => ExpectationDraft.CSharp(engine, RowSchema.FromJson(schema), files, stop), stop);
                return terminal.Result(new { version = version.Name.ToString(), draft }, () => terminal.Line(draft.TrimEnd()));
            }
            finally
            {
                Directory.Delete(spill, recursive: true);
            }

            async Task<VersionName> NewestAsync(string asset) =>
                (await session.Metadata.VersionsAsync(asset, 1, null, stop)) is [var newest, ..] ? newest.Name
                : throw new KumikiException((await session.GraphAsync(null, stop)).Find(asset) is not null
                    ? Message.Of("shell.never-made", ("asset", asset)) : Message.Of("shell.unknown", ("what", asset)));
        });
    }
}
