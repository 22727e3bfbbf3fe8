using System.Security.Cryptography;
using System.Text;

namespace Kumiki.Tables;

/// <summary>Files as rows: path, digest and size.</summary>
static class FolderLoad
{
    internal static LoadResult Run(Loading loading, string pattern, IReadOnlyList<string> files)
    {
        var asked = loading.Schema.Columns.FirstOrDefault(c => c.Content);
        if (asked?.Name is "path" or "bytes")
            throw new KumikiException(Message.Of("tables.record-content", ("record", loading.Schema.Record), ("column", asked.Property)));
        string[] fields = asked?.Name is null or "sha256" ? ["path", "sha256", "bytes"] : ["path", "sha256", "bytes", asked.Name];
        var map = ColumnMap.Of(pattern, fields, loading.Schema, []);

        var kept = asked is null ? null : Directory.CreateDirectory(Path.Combine(loading.Folder, "content")).FullName;
        var listing = new TextFile(pattern, pattern, 0, 1, map) { Fields = fields };
        using var parts = new Listing(loading, listing, FilePattern.Base(pattern, loading.Root), files, kept);
        TextLoad.Read(loading, parts, stop => RowReader.Of(loading.Schema, stop), loading.Options.PartBytes);
        var result = loading.Finish(parts.Reads, () => Message.Of("tables.no-rows", ("file", pattern), ("count", files.Count)));
        if (kept is null) return result;
        var content = Directory.GetFiles(kept).Order(StringComparer.Ordinal).Select(f => new KeptContent($"content/{Path.GetFileName(f)}", f));
        return result with { Content = [.. content] };
    }

    sealed class Listing(Loading loading, TextFile listing, string root, IReadOnlyList<string> files, string? kept) : RowParts(listing)
    {
        readonly List<SourceRead> reads = [];
        int next;

        internal override IReadOnlyList<SourceRead> Reads => reads;

        internal override double? Share => files.Count == 0 ? 1 : next / (double)files.Count;

        protected override bool NextRow(RowText row)
        {
            if (next == files.Count) return false;
            loading.Cancellation.ThrowIfCancellationRequested();
            var path = files[next++];
            var found = new FileInfo(path);
            var (bytes, ticks) = (found.Length, found.LastWriteTimeUtc.Ticks);
            var digest = Digest.FromHash(Read(path));
            FileStamp.Require(path, bytes, ticks);
            reads.Add(new(path, bytes, ticks, digest));
            row.Text(Encoding.UTF8.GetBytes(Path.GetRelativePath(root, path)));
            row.Text(Encoding.UTF8.GetBytes(digest.Hex));
            row.Number(bytes);
            if (Table.Fields!.Count == 4) row.Text(Encoding.UTF8.GetBytes(digest.Hex));
            return true;
        }

        byte[] Read(string path)
        {
            using var file = File.OpenRead(path);
            if (kept is null) return SHA256.HashData(file);
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var copy = Path.Combine(kept, "copying");
            using (var from = new HashingStream(file, hash))
            using (var to = File.Create(copy)) from.CopyTo(to);
            var digest = hash.GetHashAndReset();
            File.Move(copy, Path.Combine(kept, Digest.FromHash(digest).Hex), overwrite: true);      // equal files are kept once
            return digest;
        }
    }
}
