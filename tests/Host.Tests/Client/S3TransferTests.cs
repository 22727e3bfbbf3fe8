using System.Net;
using System.Security.Cryptography;
using Kumiki.Client;
using Kumiki.Hosting;
using Kumiki.Store;
using Kumiki.Store.S3;
using Kumiki.Store.Tests;
using Xunit;

namespace Kumiki.Host.Tests.Client;

/// <summary>Files of runs where artifacts are in a bucket: in parts on their way in, by range on their way out.</summary>
public sealed class S3TransferTests(S3Server bucket) : IClassFixture<S3Server>
{
    [Fact]
    public async Task A_large_file_goes_into_the_bucket_in_parts_and_comes_back_by_range()
    {
        var folder = Directory.CreateTempSubdirectory("kumiki-s3-transfer-").FullName;
        await using (var data = DataFolder.Open(folder, TimeProvider.System))
        {
            using var store = new S3ArtifactStore(S3Address.Parse(bucket.NewStore()), Path.Combine(folder, "cache"));
            await using var server = await KumikiServer.StartAsync(
                new() { Name = "s3", DataFolder = folder, Metadata = data.Metadata, Artifacts = store, Tracking = data.Tracking },
                ServeAddress.Of("127.0.0.1", 0), default);
            var bytes = new byte[20_000_000];
            new Random(8).NextBytes(bytes);
            var file = Path.Combine(folder, "large.bin");
            await File.WriteAllBytesAsync(file, bytes);
            await using var client = new TrackingClient(server.Address.ToString(), new() { PartsFrom = 1 << 20, PartBytes = 3_000_000 });
            await using var run = await client.StartRunAsync("in a bucket");

            await run.LogArtifactAsync(file, "model");

            var digest = Digest.FromHash(SHA256.HashData(bytes));
            Assert.True(store.Contains(digest));
            store.Forget(digest);           // the copy beside: what comes back comes from the bucket
            using var http = new HttpClient { BaseAddress = server.Address };
            var place = $"/api/2.0/mlflow-artifacts/artifacts/{run.ArtifactUri["mlflow-artifacts:/".Length..]}/model/large.bin";
            foreach (var (range, from, to) in new[]
            {
                ("bytes=9000000-9999999", 9_000_000, 10_000_000), ("bytes=-7", 19_999_993, 20_000_000), ("bytes=0-0", 0, 1),
            })
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, place);
                request.Headers.TryAddWithoutValidation("Range", range);
                using var response = await http.SendAsync(request);
                Assert.Equal(HttpStatusCode.PartialContent, response.StatusCode);
                Assert.Equal(bytes[from..to], await response.Content.ReadAsByteArrayAsync());
            }
            Assert.Equal(bytes, await File.ReadAllBytesAsync(await client.DownloadAsync(run.Id, "model/large.bin", Path.Combine(folder, "back"))));
            Assert.Empty(Directory.EnumerateFiles(Path.Combine(folder, "cache", "tmp"), "*", SearchOption.AllDirectories));
        }
        Directory.Delete(folder, recursive: true);
    }
}
