/** Set-up, sign-in, and the welcome page behind a one-time link. */
export const signIn = {
  'sign-in.title': 'Entrar',
  'sign-in.lead': 'Bom ver você de novo.',
  'sign-in.lead-organisation': 'Bom ver você de novo em {organisation}.',
  'sign-in.submit': 'Entrar',
  'sign-in.forgotten':
    'Esqueceu a senha? Um proprietário ou administrador da sua organização pode enviar um novo link.',
  'sign-in.join-instead': 'Participar com um código',

  'setup.title': 'Configurar o Helpsight',
  'setup.lead':
    'Dê um nome à sua organização e crie o primeiro proprietário. Leva um minuto e acontece uma só vez.',
  'setup.organisation': 'Organização',
  'setup.organisation-hint': 'Os convidados veem este nome no convite.',
  'setup.your-name': 'Seu nome',
  'setup.submit': 'Concluir configuração',
  'setup.token-missing-title': 'Abra o link de configuração',
  'setup.token-missing-text':
    'Ao iniciar pela primeira vez, o Helpsight mostra um endereço que termina com um código longo. Abra esse endereço para configurar esta instalação.',
  'setup.done-title': 'O Helpsight está configurado',
  'setup.done-text': 'Esta instalação já tem um proprietário. Entre com sua conta para continuar.',
  'setup.needed-title': 'O Helpsight aguarda a configuração',

  'password.change': 'Alterar senha',
  'password.change-text': 'Os outros navegadores em que você entrou serão desconectados.',
  'password.current': 'Senha atual',
  'password.current-wrong': 'Esta não é a sua senha atual.',
  'password.another': 'Nova senha',
  'password.changed-toast': 'Sua senha foi alterada',
  'password.new': 'Senha',
  'password.hint': {
    one: 'Pelo menos {count} caractere. Algumas palavras incomuns são fortes e fáceis de lembrar.',
    other: 'Pelo menos {count} caracteres. Algumas palavras incomuns são fortes e fáceis de lembrar.',
  },
  'password.strength': 'Força',
  'password.too-short': 'Curta demais',
  'password.weak': 'Fácil de adivinhar',
  'password.fair': 'Razoável',
  'password.strong': 'Forte',

  'welcome.title': 'Boas-vindas, {name}',
  'welcome.lead': 'Escolha uma senha para sua conta em {organisation}.',
  'welcome.submit': 'Definir senha e entrar',
  'welcome.checking': 'Verificando seu link',
  'welcome.expired-title': 'Este link não pode mais ser usado',
  'welcome.expired-text':
    'Links para definir a senha funcionam uma vez e por tempo limitado. Peça outro a um proprietário ou administrador da sua organização.',
} as const;
