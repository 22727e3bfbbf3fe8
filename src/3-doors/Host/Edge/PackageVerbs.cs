using System.CommandLine;
using Kumiki.Packages;
using Kumiki.Serving;
using Kumiki.Shell;

namespace Kumiki;

sealed partial class Doors
{
    static readonly Option<string?> PackageKeyOption = new("--key")
    {
        Description = "The private key to sign with, which kumiki package keys makes; ~/.config/kumiki/packages.key by default.",
    };

    static string PackageKeyOf(ParseResult parsed) =>
        parsed.GetValue(PackageKeyOption) ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config", "kumiki",
            "packages.key");

    IEnumerable<Command> Packaging()
    {
        yield return Package();
        yield return Image();
    }

    Command Package()
    {
        var endpoint = new Argument<string>("endpoint") { Description = "The endpoint's name, such as credit-decision." };
        var release = new Option<int?>("--release") { Description = "A release that was live; the one that is by default." };
        var to = new Option<string?>("--out") { Description = "FILE.kpkg for an archive, any other name for a folder; ENDPOINT-RELEASE.kpkg by default." };
        var package = Verb("package", "Write an endpoint of a release as a signed package that kumiki-runner answers by, offline.",
            [endpoint, release, to, PackageKeyOption], async (parsed, session, terminal, stop) =>
        {
            using var key = PackageKey.Open(PackageKeyOf(parsed));
            var name = parsed.GetValue(endpoint)!;
            var packages = new ReleasePackages(session.Metadata, session.Artifacts);
            var number = (await packages.ReadAsync(name, parsed.GetValue(release), stop)).Release.Number;
            var path = parsed.GetValue(to) is { Length: > 0 } asked ? asked : $"{name}-{number}{EdgePackage.Extension}";
            var manifest = await packages.WriteAsync(name, number, path, key, stop);
            return terminal.Result(new { package = path, manifest }, () =>
            {
                terminal.Line(Message.Of("edge.packaged", ("name", name), ("release", number), ("path", path), ("files", manifest.Files.Count + 2),
                    ("key", key.Id)));
                terminal.Next($"kumiki-runner {path} --trust {PackageKey.PublicPath(PackageKeyOf(parsed))}");
            });
        });
        package.Add(Keys());
        return package;
    }

    static Command Keys()
    {
        var keys = new Command("keys", "Make the pair of keys that packages are signed with, and say its id.") { PackageKeyOption };
        keys.SetAction(parsed =>
        {
            var path = PackageKeyOf(parsed);
            var id = PackageKey.Make(path);
            var terminal = TerminalOf(parsed);
            return terminal.Result(new { key = id, path, publicPath = PackageKey.PublicPath(path) }, () =>
                terminal.Line(Message.Of("edge.keys", ("key", id), ("path", path), ("public", PackageKey.PublicPath(path)))));
        });
        return keys;
    }

    Command Image()
    {
        var endpoint = new Argument<string?>("endpoint") { Description = "The endpoint's name, such as credit-decision.", Arity = ArgumentArity.ZeroOrOne };
        var release = new Option<int?>("--release") { Description = "A release that was live; the one that is by default." };
        var server = new Option<bool>("--server") { Description = "The whole server instead, with every endpoint of the release; it needs no key." };
        var to = new Option<string>("--out")
        {
            Description = "The archive to write, as podman load and skopeo take it.",
            DefaultValueFactory = _ => "image.tar",
        };
        var bare = new Option<bool>("--model-only") { Description = "Only the package, without the program that answers by it." };
        return Verb("image", "Write an endpoint of a release, and the program that answers by it, as an OCI image; or the whole server.",
            [endpoint, server, release, to, bare, PackageKeyOption], async (parsed, session, terminal, stop) =>
        {
            if (parsed.GetValue(server)) return await ServerImageAsync(parsed, session, terminal, stop);
            if (parsed.GetValue(endpoint) is null) throw new KumikiException(Message.Of("edge.image-no-endpoint"));
            using var key = PackageKey.Open(PackageKeyOf(parsed));
            var (name, path) = (parsed.GetValue(endpoint)!, parsed.GetValue(to)!);
            var (digest, number) = await new ReleaseImages(new(session.Metadata, session.Artifacts))
                .WriteAsync(name, parsed.GetValue(release), path, key, PackageKey.PublicPath(PackageKeyOf(parsed)), parsed.GetValue(bare), stop);
            return terminal.Result(new { image = path, digest, name = ReleaseImages.NameOf(name, number) }, () =>
            {
                terminal.Line(Message.Of("edge.imaged", ("name", name), ("release", number), ("path", path), ("digest", digest)));
                terminal.Next($"podman load -i {path}", $"podman run --rm --network host localhost/{ReleaseImages.NameOf(name, number)} --port 5090");
            });
        });

        async Task<int> ServerImageAsync(ParseResult parsed, Session session, Terminal terminal, CancellationToken stop)
        {
            if (parsed.GetValue(endpoint) is { } one) throw new KumikiException(Message.Of("edge.image-both", ("what", one)));
            if (parsed.GetValue(bare)) throw new KumikiException(Message.Of("edge.image-both", ("what", "--model-only")));
            var path = parsed.GetValue(to)!;
            var image = await new ServerImages(session.Folder, Stores(parsed), session.Metadata, session.Artifacts)
                .WriteAsync(session.Project.Name, program.GetName().Name!, parsed.GetValue(release), path, stop);
            var written = new { image = path, digest = image.Digest, name = image.Name, release = image.Release, endpoints = image.Endpoints, bytes = image.Bytes };
            return terminal.Result(written, () =>
            {
                terminal.Line(Message.Of("edge.imaged-server", ("release", image.Release), ("path", path), ("endpoints", string.Join(", ", image.Endpoints)),
                    ("digest", image.Digest), ("bytes", image.Bytes)));
                terminal.Next($"podman load -i {path}", $"podman run --rm --network host --read-only localhost/{image.Name}");
            });
        }
    }
}
