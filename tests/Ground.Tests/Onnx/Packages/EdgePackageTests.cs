using System.Diagnostics;
using System.Security.Cryptography;
using Kumiki.Packages;
using Xunit;

namespace Kumiki.Ground.Tests.Onnx.Packages;

public sealed class EdgePackageTests : IDisposable
{
    readonly string folder = Directory.CreateTempSubdirectory("kumiki-package-").FullName;
    readonly PackageKey key;
    readonly TrustedKeys trusted;

    public EdgePackageTests()
    {
        PackageKey.Make(PathOf("packages.key"));
        (key, trusted) = (PackageKey.Open(PathOf("packages.key")), TrustedKeys.Read([PathOf("packages.key.pub")]));
    }

    string PathOf(string name) => Path.Combine(folder, name);

    static readonly Dictionary<string, Func<Stream>> Content = new()
    {
        ["models/shop-model.onnx"] = () => new MemoryStream(World.Model.ToBytes()),
        ["card.md"] = () => new MemoryStream("# A shop\n"u8.ToArray()),
        ["empty"] = () => new MemoryStream(),
    };

    static readonly PackageManifest Manifest = new()
    {
        Format = "",
        Name = "shop",
        Release = 3,
        ReleasedAt = new(2026, 3, 2, 8, 0, 0, TimeSpan.Zero),
        Versions = [new("shop@1", "endpoint", new('a', 64)), new("shop-model@7", "model", new('b', 64))],
        Adapter = "columns/1",
        Engine = "ONNX Runtime 1.30.0",
        Key = "",
        Files = [],
    };

    async Task<string> WriteAsync(string name)
    {
        await EdgePackage.WriteAsync(PathOf(name), Manifest, Content, key, default);
        return PathOf(name);
    }

    [Theory]
    [InlineData("shop.kpkg")]
    [InlineData("shop")]
    public async Task A_package_holds_what_was_put_in(string name)
    {
        using var package = EdgePackage.Open(await WriteAsync(name), trusted);

        Assert.Equal(("shop", 3, key.Id), (package.Manifest.Name, package.Manifest.Release, package.Manifest.Key));
        Assert.Equal(Manifest.Versions, package.Manifest.Versions);
        Assert.Equal(["card.md", "empty", "models/shop-model.onnx"], package.Manifest.Files.Select(f => f.Path));
        Assert.Equal(World.Model.ToBytes(), package.File("models/shop-model.onnx")!.Value.ToArray());
        Assert.Null(package.File("other"));
    }

    [Fact]
    public async Task The_same_release_gives_the_same_bytes_and_tar_reads_them()
    {
        var (first, second) = (await WriteAsync("one.kpkg"), await WriteAsync("two.kpkg"));

        Assert.Equal(await File.ReadAllBytesAsync(first), await File.ReadAllBytesAsync(second));
        using var tar = Process.Start(new ProcessStartInfo("tar", ["-tf", first]) { RedirectStandardOutput = true })!;
        Assert.Equal("package.json\npackage.sig\ncard.md\nempty\nmodels/shop-model.onnx\n", await tar.StandardOutput.ReadToEndAsync());
        Assert.Equal(["one.kpkg", "packages.key", "packages.key.pub", "two.kpkg"],
            Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_archive_with_any_byte_changed_is_refused()
    {
        var bytes = await File.ReadAllBytesAsync(await WriteAsync("shop.kpkg"));
        // Every byte of the headers, the manifest and the signature, and a few hundred of the rest.
        var model = bytes.AsSpan().LastIndexOf("models/shop-model.onnx"u8);
        var places = Enumerable.Range(0, 4096).Concat(Enumerable.Range(0, 300).Select(i =>
            (int)((long)i * (bytes.Length - 1) / 299))).Concat(Enumerable.Range(model, 512)).Distinct();
        foreach (var at in places)
        {
            var changed = bytes.ToArray();
            changed[at] ^= (byte)(1 << (at % 8));
            await File.WriteAllBytesAsync(PathOf("changed.kpkg"), changed);
            var refused = Assert.ThrowsAny<KumikiException>(() => EdgePackage.Open(PathOf("changed.kpkg"), trusted));
            Assert.StartsWith("package.", refused.Says.Id, StringComparison.Ordinal);
        }
        foreach (var length in (int[])[0, 1, 511, 512, 5000, bytes.Length - 1])
        {
            await File.WriteAllBytesAsync(PathOf("cut.kpkg"), bytes[..length]);
            Assert.ThrowsAny<KumikiException>(() => EdgePackage.Open(PathOf("cut.kpkg"), trusted));
        }
        await File.WriteAllBytesAsync(PathOf("longer.kpkg"), [.. bytes, 0]);
        Assert.ThrowsAny<KumikiException>(() => EdgePackage.Open(PathOf("longer.kpkg"), trusted));
    }

    [Theory]
    [InlineData("card.md", "package.file-changed")]
    [InlineData("models/shop-model.onnx", "package.file-changed")]
    [InlineData("empty", "package.file-changed")]
    [InlineData("package.sig", "package.file-changed")]
    public async Task A_changed_file_of_a_folder_is_named(string file, string says)
    {
        var path = await WriteAsync("shop");
        await File.AppendAllTextAsync(Path.Combine(path, file), " ");

        var refused = Assert.Throws<KumikiException>(() => EdgePackage.Open(path, trusted));

        Assert.Equal((says, file), (refused.Says.Id, refused.Says.Values["file"]));
    }

    [Fact]
    public async Task A_file_too_many_and_one_too_few_are_named()
    {
        var (more, less) = (await WriteAsync("more"), await WriteAsync("less"));
        await File.WriteAllTextAsync(Path.Combine(more, "models/other.onnx"), "x");
        File.Delete(Path.Combine(less, "card.md"));

        var (extra, missing) = (Assert.Throws<KumikiException>(() => EdgePackage.Open(more, trusted)),
            Assert.Throws<KumikiException>(() => EdgePackage.Open(less, trusted)));

        Assert.Equal(("package.file-extra", "models/other.onnx"), (extra.Says.Id, extra.Says.Values["file"]));
        Assert.Equal(("package.file-missing", "card.md"), (missing.Says.Id, missing.Says.Values["file"]));
    }

    [Fact]
    public async Task A_manifest_that_names_the_changed_file_is_no_help_without_the_key()
    {
        var path = await WriteAsync("shop");
        var card = "# Another\n"u8.ToArray();
        await File.WriteAllBytesAsync(Path.Combine(path, "card.md"), card);
        var manifest = await File.ReadAllTextAsync(Path.Combine(path, "package.json"));
        using (var honest = EdgePackage.Open(await WriteAsync("honest"), trusted))
            manifest = manifest.Replace(honest.Manifest.Files[0].Sha256, Convert.ToHexStringLower(SHA256.HashData(card)), StringComparison.Ordinal)
                .Replace("\"bytes\": 9", "\"bytes\": 10", StringComparison.Ordinal);
        await File.WriteAllTextAsync(Path.Combine(path, "package.json"), manifest);

        Assert.Equal("package.signature", Assert.Throws<KumikiException>(() => EdgePackage.Open(path, trusted)).Says.Id);
    }

    [Fact]
    public async Task A_package_signed_by_a_stranger_is_refused_by_the_keys_id()
    {
        var path = await WriteAsync("shop.kpkg");
        var id = PackageKey.Make(PathOf("other.key"));
        using var others = TrustedKeys.Read([PathOf("other.key.pub")]);
        using var both = TrustedKeys.Read([PathOf("other.key.pub"), PathOf("packages.key.pub")]);

        var refused = Assert.Throws<KumikiException>(() => EdgePackage.Open(path, others));

        Assert.Equal(("package.untrusted", key.Id, id), (refused.Says.Id, refused.Says.Values["key"], refused.Says.Values["trusted"]));
        EdgePackage.Open(path, both).Dispose();
    }

    [Fact]
    public void A_private_key_is_its_owners_alone_and_never_overwritten()
    {
        var mode = File.GetUnixFileMode(PathOf("packages.key"));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, mode);

        File.SetUnixFileMode(PathOf("packages.key"), mode | UnixFileMode.GroupRead);
        Assert.Equal("package.key-open", Assert.Throws<KumikiException>(() => PackageKey.Open(PathOf("packages.key"))).Says.Id);
        Assert.Equal("package.key-there", Assert.Throws<KumikiException>(() => PackageKey.Make(PathOf("packages.key"))).Says.Id);
        Assert.Equal("package.no-key", Assert.Throws<KumikiException>(() => PackageKey.Open(PathOf("none.key"))).Says.Id);
        File.WriteAllText(PathOf("text.key"), "no key");
        Assert.Equal("package.bad-key", Assert.Throws<KumikiException>(() => TrustedKeys.Read([PathOf("text.key")])).Says.Id);
    }

    [Fact]
    public async Task A_stock_openssl_verifies_the_signature()
    {
        var path = await WriteAsync("shop");
        var signature = (await File.ReadAllTextAsync(Path.Combine(path, "package.sig"))).Trim().Split(' ')[1];
        await File.WriteAllBytesAsync(PathOf("raw.sig"), Convert.FromBase64String(signature));

        string[] verify = ["dgst", "-sha256", "-verify", PathOf("packages.key.pub"), "-signature", PathOf("raw.sig"), Path.Combine(path, "package.json")];
        using var openssl = Process.Start(new ProcessStartInfo("openssl", verify) { RedirectStandardOutput = true })!;

        Assert.Equal("Verified OK\n", await openssl.StandardOutput.ReadToEndAsync());
    }

    [Fact]
    public async Task A_folder_that_is_not_empty_is_not_written_into_and_nothing_is_left_behind()
    {
        var path = await WriteAsync("shop");

        var refused = await Assert.ThrowsAsync<KumikiException>(() => WriteAsync("shop"));

        Assert.Equal("package.folder-there", refused.Says.Id);
        Assert.Equal(["packages.key",
            "packages.key.pub", "shop"], Directory.GetFileSystemEntries(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("package.not-there", Assert.Throws<KumikiException>(() => EdgePackage.Open(path + ".kpkg", trusted)).Says.Id);
    }

    public void Dispose()
    {
        key.Dispose();
        trusted.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
