using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;

namespace Kumiki.Client;

/// <summary>Files to and from the server, streamed: in parts where they are large, and taken up where a line broke.</summary>
sealed class ArtifactTransfer(TrackingHttp http, TrackingOptions options)
{
    const string Root = "mlflow-artifacts:";
    const int MostParts = 10_000, CopyBytes = 256 * 1024;

    /// <summary>From the first byte to the answer; the bytes themselves take what they take.</summary>
    static readonly TimeSpan OneFile = TimeSpan.FromHours(24);

    /// <param name="uri">Of the run's artifacts.</param>
    internal async Task UploadAsync(string uri, string folder, string path, CancellationToken stop)
    {
        if (!File.Exists(path)) throw new KumikiException(Message.Of("client.no-file", ("path", path)));
        var (place, name) = (Below(PlaceOf(uri), folder), Path.GetFileName(path));
        using var file = File.OpenHandle(path, options: FileOptions.Asynchronous);
        var bytes = RandomAccess.GetLength(file);
        if (bytes >= options.PartsFrom && await InPartsAsync(place, path, file, bytes, stop)) return;
        await PutAsync(FileAddress(Below(place, name)), () => new FilePart(file, 0, bytes), stop);
    }

    internal Task UploadAsync(string uri, string file, ReadOnlyMemory<byte> bytes, CancellationToken stop) =>
        PutAsync(FileAddress(Below(PlaceOf(uri), file)), () => new ReadOnlyMemoryContent(bytes), stop);

    /// <summary>Downloads what is at a place, a file or a folder with all in it.</summary>
    /// <returns>Where it is now.</returns>
    internal async Task<string> DownloadAsync(string place, string folder, CancellationToken stop)
    {
        var target = Path.Combine(folder, place[(place.LastIndexOf('/') + 1)..]);
        if (await ListAsync(place, stop) is not { Count: > 0 } files)
        {
            await FetchAsync(place, target, stop);
            return target;
        }
        foreach (var file in files)
        {
            // A server's word is not to lead out of the folder.
            if (file.Path is "" or "." or ".." || file.Path.AsSpan().IndexOfAny('/', '\\', '\0') >= 0)
                throw new KumikiException(Message.Of("client.bad-name", ("name", file.Path), ("place", place)));
            await DownloadAsync(Below(place, file.Path), target, stop);
        }
        return target;
    }

    /// <summary>The part of an address that says where artifacts are, for those that this server keeps.</summary>
    /// <exception cref="KumikiException">They are kept elsewhere.</exception>
    internal string PlaceOf(string uri)
    {
        if (!uri.StartsWith(Root, StringComparison.OrdinalIgnoreCase)) throw Elsewhere();
        var rest = uri[Root.Length..];
        if (!rest.StartsWith("//", StringComparison.Ordinal)) return rest.Trim('/');
        var slash = rest.IndexOf('/', 2);
        return slash >= 0 && (slash == 2 || rest[2..slash] == http.Address.Authority) ? rest[slash..].Trim('/') : throw Elsewhere();

        KumikiException Elsewhere() => new(Message.Of("client.kept-elsewhere", ("uri", uri), ("address", http.Address)));
    }

    internal static string Below(string place, string rest) => rest.Trim('/') is { Length: > 0 } below ? place.Length > 0 ? $"{place}/{below}" : below : place;

    async Task<IReadOnlyList<WireFile>?> ListAsync(string place, CancellationToken stop) =>
        (await http.AskAsync(HttpMethod.Get, new(http.Address, $"api/2.0/mlflow-artifacts/artifacts?path={Uri.EscapeDataString(place)}"), null, stop)).Files;

    Uri FileAddress(string place) => Address("artifacts", place);

    /// <remarks>Checked here, since an address with <c>..</c> in it is made another before it is sent.</remarks>
    Uri Address(string what, string place)
    {
        var names = place.Split('/');
        if (Array.Exists(names, name => name is "" or "." or ".." || name.Contains('\\', StringComparison.Ordinal)))
            throw new KumikiException(Message.Of("client.bad-path", ("path", place)));
        return new(http.Address, $"api/2.0/mlflow-artifacts/{what}/{string.Join('/', names.Select(Uri.EscapeDataString))}");
    }

    Task<string> PutAsync(Uri address, Func<HttpContent> content, CancellationToken stop, IReadOnlyDictionary<string, string>? headers = null) =>
        http.TriedAsync(async token =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Put, address) { Content = content() };
            foreach (var (name, value) in headers ?? new Dictionary<string, string>())
                if (!request.Headers.TryAddWithoutValidation(name, value)) request.Content.Headers.TryAddWithoutValidation(name, value);
            using var response = await http.SendAsync(request, OneFile, token);
            return response.Headers.ETag?.Tag ?? "";
        }, stop);

    /// <summary>1. begun; 2. each part; 3. completed. What the server has lost since, being started anew, is begun again.</summary>
    /// <returns>False where the server takes no parts.</returns>
    async Task<bool> InPartsAsync(string place, string path, Microsoft.Win32.SafeHandles.SafeFileHandle file, long bytes, CancellationToken stop)
    {
        var size = Math.Max(options.PartBytes, (bytes + MostParts - 1) / MostParts);
        var count = (int)((bytes + size - 1) / size);
        return await http.TriedAsync<object>(async token =>
        {
            WireAnswer begun;
            try
            {
                begun = await AskAsync("create", new() { ["num_parts"] = count }, token);
            }
            catch (TrackingRefusedException e) when (e.Status == (int)HttpStatusCode.NotImplemented || e.Code == "ENDPOINT_NOT_FOUND")
            {
                return false;
            }
            var upload = begun.UploadId ?? "";
            try
            {
                var parts = new JsonObject[count];
                var atOnce = new ParallelOptions { MaxDegreeOfParallelism = options.PartsAtOnce, CancellationToken = token };
                await Parallel.ForEachAsync(begun.Credentials ?? [], atOnce,
                    async (part, one) =>
                    {
                        var from = (part.PartNumber - 1) * size;
                        var etag = await PutAsync(new(part.Url), () => new FilePart(file, from, Math.Min(size, bytes - from)), one, part.Headers);
                        parts[part.PartNumber - 1] = new() { ["part_number"] = part.PartNumber, ["etag"] = etag, ["url"] = part.Url };
                    });
                await AskAsync("complete", new() { ["upload_id"] = upload, ["parts"] = new JsonArray([.. parts]) }, token);
                return true;
            }
            catch (TrackingRefusedException e) when (e.Status == (int)HttpStatusCode.NotFound)
            {
                throw new PassingException(e.Message, null, e);
            }
            catch
            {
                await AbortAsync(upload);
                throw;
            }
        }, stop) is true;

        Task<WireAnswer> AskAsync(string what, JsonObject body, CancellationToken token)
        {
            body["path"] = Path.GetFileName(path);
            return http.AskAsync(HttpMethod.Post, Address("mpu/" + what, place), body, token);
        }

        async Task AbortAsync(string upload)
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5), options.Clock);
            try
            {
                await AskAsync("abort", new() { ["upload_id"] = upload }, soon.Token);
            }
            catch (Exception e) when (e is OperationCanceledException or KumikiException)
            {
                // The server lets go of it by itself in a day; why the upload ended is what the caller is to hear.
            }
        }
    }

    /// <summary>To a name beside first, so that what has the file's name is whole.</summary>
    async Task FetchAsync(string place, string target, CancellationToken stop)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
        var partial = $"{target}.{Guid.NewGuid():N}.part";
        try
        {
            await using (var to = new FileStream(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0, useAsync: true))
            {
                EntityTagHeaderValue? known = null;
                await http.TriedAsync<object>(async token =>
                {
                    using var request = new HttpRequestMessage(HttpMethod.Get, FileAddress(place));
                    if (known is not null && to.Position > 0)
                        (request.Headers.Range, request.Headers.IfRange) = (new(to.Position, null), new(known));
                    using var response = await http.SendAsync(request, OneFile, token);
                    if (response.StatusCode != HttpStatusCode.PartialContent || response.Content.Headers.ContentRange?.From != to.Position)
                    {
                        to.SetLength(0);
                        to.Position = 0;
                    }
                    if (response.StatusCode == HttpStatusCode.RequestedRangeNotSatisfiable) throw new PassingException("the file has changed", null);
                    known = response.Headers.ETag is { IsWeak: false } tag ? tag : null;
                    var whole = response.Content.Headers.ContentRange?.Length ?? response.Content.Headers.ContentLength;
                    await CopyAsync(response, to, token);
                    return whole is null || whole == to.Position ? to : throw new PassingException($"{to.Position} of {whole} bytes came", null);
                }, stop);
            }
            File.Move(partial, target, overwrite: true);
        }
        finally
        {
            File.Delete(partial);       // gone already where all went well
        }
    }

    static async Task CopyAsync(HttpResponseMessage from, Stream to, CancellationToken stop)
    {
        var bytes = await from.Content.ReadAsStreamAsync(stop);
        var buffer = new byte[CopyBytes];
        for (; ; )
        {
            int read;
            try
            {
                read = await bytes.ReadAsync(buffer, stop);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                throw new PassingException(TrackingHttp.Innermost(e), null, e);
            }
            if (read == 0) return;
            await to.WriteAsync(buffer.AsMemory(0, read), stop);
        }
    }
}
