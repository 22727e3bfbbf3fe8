using System.Collections.Immutable;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Kumiki.Rules.Architecture;

/// <summary>The types of one assembly that its own declarations and code name.</summary>
sealed class UsedTypes(MetadataReader assembly)
{
    static readonly Dictionary<int, OperandType> Operands = typeof(OpCodes).GetFields().Select(f => f.GetValue(null)).OfType<OpCode>()
        .ToDictionary(o => o.Value & 0xFFFF, o => o.OperandType);

    /// <summary>What a type's declaration names: bases, attributes, members and their constraints, without code.</summary>
    public HashSet<TypeDefinitionHandle> ByDeclaration(TypeDefinitionHandle handle)
    {
        var found = new Names();
        var type = assembly.GetTypeDefinition(handle);
        Add(type.BaseType, found);
        foreach (var face in type.GetInterfaceImplementations()) Add(assembly.GetInterfaceImplementation(face).Interface, found);
        foreach (var field in type.GetFields())
        {
            assembly.GetFieldDefinition(field).DecodeSignature(found, null);
            Attributes(assembly.GetFieldDefinition(field).GetCustomAttributes(), found);
        }
        foreach (var property in type.GetProperties()) Attributes(assembly.GetPropertyDefinition(property).GetCustomAttributes(), found);
        foreach (var happening in type.GetEvents()) Add(assembly.GetEventDefinition(happening).Type, found);
        Constraints(type.GetGenericParameters(), found);
        Attributes(type.GetCustomAttributes(), found);
        return found.Types;
    }

    /// <summary>What a method names: its signature, attributes, locals and code.</summary>
    public HashSet<TypeDefinitionHandle> ByMethod(PEReader image, MethodDefinitionHandle handle)
    {
        var found = new Names();
        var method = assembly.GetMethodDefinition(handle);
        method.DecodeSignature(found, null);
        Constraints(method.GetGenericParameters(), found);
        Attributes(method.GetCustomAttributes(), found);
        foreach (var parameter in method.GetParameters()) Attributes(assembly.GetParameter(parameter).GetCustomAttributes(), found);
        if (method.RelativeVirtualAddress == 0) return found.Types;

        var body = image.GetMethodBody(method.RelativeVirtualAddress);
        if (!body.LocalSignature.IsNil) assembly.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(found, null);
        foreach (var region in body.ExceptionRegions)
            if (!region.CatchType.IsNil) Add(region.CatchType, found);
        Code(body.GetILReader(), found);
        return found.Types;
    }

    void Code(BlobReader code, Names found)
    {
        while (code.RemainingBytes > 0)
        {
            int value = code.ReadByte();
            if (value == 0xFE) value = 0xFE00 | code.ReadByte();
            switch (Operands[value])
            {
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType or OperandType.InlineSig:
                    Add(MetadataTokens.EntityHandle(code.ReadInt32()), found);
                    break;
                case OperandType.InlineSwitch:
                    var targets = code.ReadInt32();
                    code.Offset += 4 * targets;
                    break;
                case var operand:
                    code.Offset += Size(operand);
                    break;
            }
        }
    }

    static int Size(OperandType operand) => operand switch
    {
        OperandType.InlineNone => 0,
        OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
        OperandType.InlineVar => 2,
        OperandType.InlineI8 or OperandType.InlineR => 8,
        _ => 4,
    };

    void Add(EntityHandle handle, Names found)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                found.Types.Add((TypeDefinitionHandle)handle);
                break;
            case HandleKind.TypeSpecification:
                assembly.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(found, null);
                break;
            case HandleKind.MethodDefinition:
                found.Types.Add(assembly.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                found.Types.Add(assembly.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                Add(assembly.GetMemberReference((MemberReferenceHandle)handle).Parent, found);
                break;
            case HandleKind.MethodSpecification:
                var specification = assembly.GetMethodSpecification((MethodSpecificationHandle)handle);
                Add(specification.Method, found);
                specification.DecodeSignature(found, null);
                break;
            case HandleKind.StandaloneSignature:
                assembly.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(found, null);
                break;
        }
    }

    void Constraints(GenericParameterHandleCollection parameters, Names found)
    {
        foreach (var parameter in parameters)
            foreach (var constraint in assembly.GetGenericParameter(parameter).GetConstraints())
                Add(assembly.GetGenericParameterConstraint(constraint).Type, found);
    }

    void Attributes(CustomAttributeHandleCollection attributes, Names found)
    {
        foreach (var attribute in attributes) Add(assembly.GetCustomAttribute(attribute).Constructor, found);
    }

    /// <summary>Gathers the assembly's own types as signatures are decoded; what the decoder builds of them is of no interest.</summary>
    sealed class Names : ISignatureTypeProvider<bool, object?>
    {
        public HashSet<TypeDefinitionHandle> Types { get; } = [];

        public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) => Types.Add(handle);

        public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
            reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

        public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) => true;
        public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;
        public bool GetArrayType(bool elementType, ArrayShape shape) => true;
        public bool GetByReferenceType(bool elementType) => true;
        public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;
        public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => true;
        public bool GetGenericMethodParameter(object? genericContext, int index) => true;
        public bool GetGenericTypeParameter(object? genericContext, int index) => true;
        public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => true;
        public bool GetPinnedType(bool elementType) => true;
        public bool GetPointerType(bool elementType) => true;
        public bool GetSZArrayType(bool elementType) => true;
    }
}
